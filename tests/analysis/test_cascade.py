import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis import clips as scenes
from workstation.analysis import cascade, engines
from workstation.analysis.averaging import Averages
from workstation.analysis.cascade import Cascade
from workstation.analysis.pyramid import TILE, pyramid


def facenet(picture, smallest=40):
    """What facenet-pytorch finds: boxes, certainties, landmarks, from left to right."""
    from facenet_pytorch import MTCNN

    found = MTCNN(keep_all=True, min_face_size=smallest).eval().detect(picture, landmarks=True)
    if found[0] is None:
        return np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2))
    order = np.argsort(np.asarray(found[0], np.float32)[:, 0])
    return tuple(np.asarray(part, np.float32)[order] for part in found)


def resampled(averages, picture, height, width):
    """A whole picture at another size."""
    pixels = np.empty((height, width, 3), np.float32)
    averages.whole(picture, pixels)
    return pixels


@pytest.fixture
def by_torch(monkeypatch):
    """Networks prepared anew, by torch."""
    monkeypatch.setenv(engines.ENGINE_VARIABLE, "torch")
    engines._core.cache_clear()
    cascade.READY.forget()
    cascade.canvases.cache_clear()
    yield
    engines._core.cache_clear()
    cascade.READY.forget()
    cascade.canvases.cache_clear()


SCENES = [scenes.moving(5), scenes.crossing(3), scenes.crossing(18), scenes.leaving(20)]


@pytest.mark.parametrize("picture", SCENES)
def test_finds_what_facenet_pytorch_finds(picture):
    boxes, certainty, landmarks = facenet(picture)
    (found,) = Cascade(40, "cpu").find([picture])
    order = np.argsort(found.corners[:, 0])
    assert len(boxes)
    np.testing.assert_allclose(found.corners[order], boxes, atol=0.01)
    np.testing.assert_allclose(found.landmarks[order], landmarks, atol=0.01)
    np.testing.assert_allclose(found.certainty[order], certainty, atol=1e-4)


def test_torch_finds_the_same(by_torch):
    boxes, _, landmarks = facenet(SCENES[0])
    (found,) = Cascade(40, "cpu").find([SCENES[0]])
    np.testing.assert_allclose(found.corners, boxes, atol=0.01)
    np.testing.assert_allclose(found.landmarks, landmarks, atol=0.01)


def test_no_face_gives_none():
    (found,) = Cascade(40, "cpu").find([scenes.empty(0)])
    assert (len(found.corners), found.landmarks.shape[1:], len(found.certainty)) == (0, (5, 2), 0)


def test_several_pictures_give_what_each_gives():
    cascade = Cascade(40, "cpu")
    for together, picture in zip(cascade.find(SCENES), SCENES, strict=True):
        (alone,) = cascade.find([picture])
        np.testing.assert_allclose(together.corners, alone.corners, atol=1e-3)
        np.testing.assert_allclose(together.landmarks, alone.landmarks, atol=1e-3)


def test_a_pass_of_another_size_finds_the_same(monkeypatch):
    near = facenet(SCENES[0])[0]
    wanted = Cascade(40, "cpu").find_near([SCENES[0]], [near])
    monkeypatch.setitem(cascade._AT_ONCE, "cpu", cascade._AT_ONCE["cuda"])
    given = Cascade(40, "cpu").find_near([SCENES[0]], [near])
    assert len(wanted[0].corners)
    np.testing.assert_allclose(given[0].corners, wanted[0].corners, atol=0.01)
    np.testing.assert_allclose(given[0].landmarks, wanted[0].landmarks, atol=0.01)


@pytest.mark.parametrize("off", [0, 9, -9])
def test_near_a_face_it_finds_what_it_finds_all_over(off):
    cascade = Cascade(40, "cpu")
    all_over = cascade.find(SCENES)
    places = [found.corners + np.float32(off) for found in all_over]
    for near, found in zip(cascade.find_near(SCENES, places), all_over, strict=True):
        np.testing.assert_allclose(near.corners, found.corners, atol=0.01)
        np.testing.assert_allclose(near.landmarks, found.landmarks, atol=0.01)
        np.testing.assert_allclose(near.certainty, found.certainty, atol=1e-4)


def test_nothing_is_found_where_nothing_is_looked_for():
    cascade, nowhere = Cascade(40, "cpu"), np.zeros((0, 4), np.float32)
    (found,) = cascade.find_near([SCENES[0]], [nowhere])
    assert not len(found.corners)
    somewhere = np.array([[100, 60, 200, 180]], np.float32)
    (found,) = cascade.find_near([scenes.empty(0)], [somewhere])
    assert not len(found.corners)


@settings(max_examples=10, deadline=None)
@given(st.integers(40, 150), st.integers(40, 150))
def test_the_first_network_answers_as_facenet_pytorch_up_to_every_edge(height, width):
    """One network for all sizes: OpenVINO's takes as long to make ready as torch's to answer."""
    import torch
    from facenet_pytorch import PNet

    from workstation.analysis.from_pixels import FirstFromPixels

    picture = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    plan, averages, network = pyramid(height, width, 40), Averages([picture]), PNet().eval()

    def looked(pixels, *example):
        first = FirstFromPixels(network, *map(torch.from_numpy, example))
        with torch.inference_mode():
            shifts, chances = first(torch.from_numpy(pixels))
        return np.concatenate([chances[:, 1:], shifts], axis=1).transpose(0, 2, 3, 1)

    places = np.array([[0, 0, width, height]], np.float32)
    tiles = plan.tiles(np.zeros(1, np.int64), places)
    near = looked(averages.tiles(tiles.picture, tiles.sizes, tiles.corner, TILE)).reshape(-1, 5)
    windows, cells = tiles.windows()
    over = looked(plan.canvas(averages, 0), plan.blank()).reshape(-1, 5)[plan.cells]
    for number, level in enumerate(plan.levels):
        whole = torch.from_numpy(resampled(averages, 0, level.height, level.width))
        with torch.inference_mode():
            shifts, chances = network((whole.permute(2, 0, 1)[None] - 127.5) / 128)
        wanted = np.concatenate([chances[0, 1:], shifts[0]]).transpose(1, 2, 0)
        for seen, said in ((plan.windows, over), (windows, near[cells])):
            mine = seen.level == number
            columns, rows = (seen.corner[mine] / 2).astype(int).T
            np.testing.assert_allclose(said[mine], wanted[rows, columns], atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(40, 300), st.integers(40, 300), st.data())
def test_tiles_show_the_levels_as_the_canvas_does(height, width, data):
    picture = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    sides = data.draw(st.integers(12, 400))
    left, top = data.draw(st.integers(-50, width)), data.draw(st.integers(-50, height))
    place = np.array([[left, top, left + sides, top + sides]], np.float32)
    plan, averages = pyramid(height, width, 40), Averages([picture])
    tiles = plan.tiles(np.zeros(1, np.int64), place)
    seen = averages.tiles(tiles.picture, tiles.sizes, tiles.corner, TILE)
    canvas = plan.canvas(averages, 0)[0]
    for number, level in zip(range(len(seen)), tiles.level, strict=True):
        (x, y), there = tiles.corner[number], plan.levels[level]
        down, across = min(TILE, there.height + 1 - y), min(TILE, there.width + 1 - x)
        start = (there.top + y, there.left + x)
        wanted = canvas[start[0] : start[0] + down, start[1] : start[1] + across]
        np.testing.assert_array_equal(seen[number][:down, :across], wanted)
    windows, _ = tiles.windows()
    places = np.unique(np.concatenate([windows.level[:, None], windows.corner], axis=1), axis=0)
    assert len(places) == len(windows.corner)
    every = np.concatenate([plan.windows.level[:, None], plan.windows.corner], axis=1)
    assert {tuple(row) for row in places} <= {tuple(row) for row in every}


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
    averages = Averages([picture[::-1], picture])
    given_back = averages.parts(np.array([1]), np.array([[left, top, right, bottom]]), size)[0]
    np.testing.assert_allclose(given_back, wanted, atol=0.001)
    whole = torch.from_numpy(picture).permute(2, 0, 1).float()
    wanted = torch.nn.functional.adaptive_avg_pool2d(whole, (size, size + 3)).permute(1, 2, 0)
    np.testing.assert_allclose(resampled(averages, 1, size, size + 3), wanted.numpy(), atol=0.001)


@settings(max_examples=15, deadline=None)
@given(st.integers(40, 500), st.integers(40, 500), st.integers(20, 40))
def test_levels_never_touch_and_every_window_lies_in_one(height, width, smallest):
    plan = pyramid(height, width, smallest)
    taken = np.zeros(plan.shape, np.int8)
    for level in plan.levels:
        assert (level.top % 2, level.left % 2) == (0, 0)
        taken[level.top : level.top + level.height, level.left : level.left + level.width] += 1
    assert taken.max() == 1
    assert len(np.unique(plan.cells)) == len(plan.cells) == len(plan.windows.scale)


def test_gpus_in_turn_and_sizes_met_lately_make_each_network_once(monkeypatch):
    made = []
    monkeypatch.setattr(cascade, "_made", lambda *given: made.append(given) or (lambda _: []))
    cascade.canvases.cache_clear()
    finders = [Cascade(40, f"cuda:{number}") for number in range(8)]
    for _ in range(3):
        for finder in finders:
            finder._over_canvas(pyramid(360, 640, 40))
    assert len(made) == len(finders)
    for number in range(cascade._MOST_CANVASES):
        finders[0]._over_canvas(pyramid(100 + 50 * number, 100, 40))
    finders[0]._over_canvas(pyramid(360, 640, 40))
    assert len(made) == len(finders) + cascade._MOST_CANVASES + 1
    cascade.canvases.cache_clear()
