import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.preprocessing import (
    align_face,
    face_transform,
    normalise,
    sharpness,
    template_points,
)

FACE = np.array([[100.0, 90], [150, 92], [126, 120], [106, 150], [146, 151]])


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@settings(max_examples=60, deadline=None)
@given(
    scale=st.floats(0.2, 6.0),
    turn=st.floats(-3.1, 3.1),
    x=st.floats(-500, 2000),
    y=st.floats(-500, 2000),
    size=st.integers(64, 300),
    margin=st.floats(0.8, 2.0),
)
def test_any_similar_copy_of_the_template_lands_on_it(scale, turn, x, y, size, margin):
    wanted = template_points(size, margin)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    landmarks = scale * wanted @ rotation.T + [x, y]
    matrix = face_transform(landmarks, size, margin)
    np.testing.assert_allclose(landmarks @ matrix[:, :2].T + matrix[:, 2], wanted, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_transform_is_the_least_squares_similarity(seed):
    rng = np.random.default_rng(seed)
    landmarks = FACE + rng.normal(0, 8, size=(5, 2))
    wanted = template_points(160, 1.25)

    def error(matrix):
        return ((landmarks @ matrix[:, :2].T + matrix[:, 2] - wanted) ** 2).sum()

    best = face_transform(landmarks, 160, 1.25)
    assert best[0, 0] == best[1, 1]
    assert best[0, 1] == -best[1, 0]
    for _ in range(10):
        a, b, dx, dy = rng.normal(0, 0.01, 4)
        other = best + np.array([[a, -b, dx * 50], [b, a, dy * 50]])
        assert error(best) <= error(other) + 1e-9


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 3.7, 9.0])
def test_what_lies_on_the_landmarks_lands_on_the_template(scale):
    side = round(260 * scale)
    frame = np.zeros((side, side, 3), np.uint8)
    landmarks = np.rint(FACE * scale)
    for x, y in landmarks:
        cv2.circle(frame, (round(x), round(y)), max(2, round(4 * scale)), (255, 255, 255), -1)
    crop = align_face(frame, landmarks, 160, 1.25).astype(float)[:, :, 0]
    matrix = face_transform(landmarks, 160, 1.25)
    for x, y in landmarks @ matrix[:, :2].T + matrix[:, 2]:
        rows, columns = np.indices(crop.shape)
        near = crop * (np.hypot(rows - y, columns - x) < 10)
        centre = np.array([(near * columns).sum(), (near * rows).sum()]) / near.sum()
        np.testing.assert_allclose(centre, [x, y], atol=0.6)


def test_it_is_deterministic_and_leaves_the_frame_alone():
    frame = noise(300, 400)
    before = frame.copy()
    first, second = (align_face(frame, FACE, 160, 1.25) for _ in range(2))
    assert first.shape == (160, 160, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(frame, before)


def test_a_large_face_is_averaged_and_not_aliased():
    rows, columns = np.indices((2000, 2000))
    board = (((rows + columns) % 2) * 255).astype(np.uint8)
    frame = np.repeat(board[:, :, None], 3, axis=2)
    crop = align_face(frame, FACE * 8, 160, 1.25)
    assert crop.std() < 8
    assert abs(float(crop.mean()) - 127.5) < 3


def test_outside_the_frame_the_picture_continues_by_reflection():
    frame = noise(200, 200, seed=1)
    padded = cv2.copyMakeBorder(frame, 60, 60, 60, 60, cv2.BORDER_REFLECT_101)
    landmarks = (FACE - [100, 90]) * 0.7 + [12, 8]
    inside = align_face(padded, landmarks + 60, 160, 1.25)
    np.testing.assert_array_equal(align_face(frame, landmarks, 160, 1.25), inside)


@pytest.mark.parametrize(
    "landmarks",
    [np.zeros((4, 2)), np.full((5, 2), np.nan), np.zeros((5, 2)), FACE + 100_000],
)
def test_unusable_landmarks_are_refused(landmarks):
    with pytest.raises(ValueError, match=r"landmarks|frame"):
        align_face(noise(200, 200), landmarks, 160, 1.25)


@pytest.mark.parametrize("frame", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.float32)])
def test_a_frame_that_is_not_rgb_bytes_is_refused(frame):
    with pytest.raises(ValueError, match="uint8"):
        align_face(frame, FACE, 160, 1.25)


@pytest.mark.parametrize(("size", "margin"), [(0, 1.0), (160, 0.0)])
def test_size_and_margin_must_be_positive(size, margin):
    with pytest.raises(ValueError, match="positive"):
        template_points(size, margin)


def test_normalise_subtracts_and_divides_per_channel():
    crops = np.zeros((2, 4, 4, 3), np.uint8)
    crops[..., 0], crops[..., 1], crops[..., 2] = 0, 255, 51
    values = normalise(crops, (0.5, 0.5, 0.0), (0.5, 0.25, 0.1))
    assert values.shape == (2, 3, 4, 4)
    np.testing.assert_allclose(values[0, :, 0, 0].numpy(), [-1.0, 2.0, 2.0], atol=1e-5)


def test_normalise_refuses_other_shapes():
    with pytest.raises(ValueError, match="uint8"):
        normalise(np.zeros((4, 4, 3), np.uint8), (0.5,) * 3, (0.5,) * 3)


def test_blur_lowers_sharpness_and_flat_is_zero():
    crop = noise(64, 64)
    soft = np.asarray(cv2.GaussianBlur(crop, (9, 9), 2.0))
    assert sharpness(crop) > 10 * sharpness(soft) > 0
    assert sharpness(np.full((64, 64, 3), 90, np.uint8)) == 0
