import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis import clips as scenes
from workstation.analysis import cascade, engines
from workstation.analysis.averaging import Averages
from workstation.analysis.cascade import Cascade
from workstation.analysis.pyramid import pyramid


def facenet(picture, smallest=40):
    """What facenet-pytorch finds: boxes, certainties, landmarks, from left to right."""
    from facenet_pytorch import MTCNN

    found = MTCNN(keep_all=True, min_face_size=smallest).eval().detect(picture, landmarks=True)
    if found[0] is None:
        return np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2))
    order = np.argsort(np.asarray(found[0], np.float32)[:, 0])
    return tuple(np.asarray(part, np.float32)[order] for part in found)


@pytest.fixture
def by_torch(monkeypatch):
    """Networks prepared anew, by torch."""
    monkeypatch.setenv(engines.ENGINE_VARIABLE, "torch")
    engines._core.cache_clear()
    cascade.READY.forget()
    yield
    engines._core.cache_clear()
    cascade.READY.forget()


SCENES = [scenes.moving(5), scenes.crossing(3), scenes.crossing(18), scenes.leaving(20)]


@pytest.mark.parametrize("picture", SCENES)
def test_finds_what_facenet_pytorch_finds(picture):
    boxes, certainty, landmarks = facenet(picture)
    found = Cascade(40, "cpu").find(picture)
    order = np.argsort(found.corners[:, 0])
    assert len(boxes)
    np.testing.assert_allclose(found.corners[order], boxes, atol=0.01)
    np.testing.assert_allclose(found.landmarks[order], landmarks, atol=0.01)
    np.testing.assert_allclose(found.certainty[order], certainty, atol=1e-4)


def test_torch_finds_the_same(by_torch):
    boxes, _, landmarks = facenet(SCENES[0])
    found = Cascade(40, "cpu").find(SCENES[0])
    np.testing.assert_allclose(found.corners, boxes, atol=0.01)
    np.testing.assert_allclose(found.landmarks, landmarks, atol=0.01)


def test_no_face_gives_none():
    found = Cascade(40, "cpu").find(scenes.empty(0))
    assert (len(found.corners), found.landmarks.shape[1:], len(found.certainty)) == (0, (5, 2), 0)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_averages_are_those_of_torch(data):
    import torch

    height, width = data.draw(st.integers(2, 60)), data.draw(st.integers(2, 60))
    picture = np.random.default_rng(height * 100 + width).integers(
        0, 256, (height, width, 3), np.uint8
    )
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right, bottom = (
        data.draw(st.integers(left + 1, width)),
        data.draw(st.integers(top + 1, height)),
    )
    size = data.draw(st.integers(1, 48))
    part = torch.from_numpy(picture[top:bottom, left:right]).permute(2, 0, 1).float()
    wanted = torch.nn.functional.adaptive_avg_pool2d(part, size).permute(1, 2, 0).numpy()
    averages = Averages(picture)
    given_back = averages.parts(np.array([[left, top, right, bottom]]), size)[0]
    np.testing.assert_allclose(given_back, wanted, atol=0.001)
    whole = torch.from_numpy(picture).permute(2, 0, 1).float()
    wanted = torch.nn.functional.adaptive_avg_pool2d(whole, (size, size + 3)).permute(1, 2, 0)
    np.testing.assert_allclose(averages.whole(size, size + 3), wanted.numpy(), atol=0.001)


@settings(max_examples=15, deadline=None)
@given(st.integers(40, 500), st.integers(40, 500), st.integers(20, 40))
def test_levels_never_touch_and_every_window_lies_in_one(height, width, smallest):
    plan = pyramid(height, width, smallest)
    taken = np.zeros(plan.shape, np.int8)
    for level in plan.levels:
        assert (level.top % 2, level.left % 2) == (0, 0)
        taken[level.top : level.top + level.height, level.left : level.left + level.width] += 1
    assert taken.max() == 1
    assert len(np.unique(plan.cells)) == len(plan.cells) == len(plan.scale)
