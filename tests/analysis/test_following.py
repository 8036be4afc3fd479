import numpy as np

from workstation.analysis.faces import Faces, Reduced, no_faces
from workstation.analysis.following import follow

FRAME = Reduced(np.zeros((120, 160, 3), np.uint8), (1.0, 1.0))


def faces(*boxes: tuple[float, float, float, float]) -> Faces:
    box = np.array(boxes, np.float32).reshape(-1, 4)
    shape = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)
    landmarks = box[:, None, :2] + shape[None] * box[:, None, 2:]
    return Faces(box, landmarks, np.full(len(box), 0.99, np.float32))


class Finder:
    """Gives prepared answers in turn, and counts."""

    def __init__(self, *answers: Faces) -> None:
        self.answers = list(answers)
        self.calls = 0

    def __call__(self, pixels) -> Faces:
        self.calls += 1
        return self.answers.pop(0)


def walk(opening, closing, finder, length=5, cut=(), lost=()):
    pixels = [None if n in lost else FRAME for n in range(length + 1)]
    cuts = [n in cut for n in range(length + 1)]
    return follow(pixels, cuts, opening, closing, finder, interpolate=True)


def test_a_calm_face_is_interpolated_without_looking():
    finder = Finder()
    steps = walk(faces((10, 20, 40, 50)), faces((20, 30, 40, 50)), finder)
    assert finder.calls == 0
    assert [step.faces.box[0, 0] for step in steps] == [12, 14, 16, 18, 20]
    assert all(step.origin.tolist() == [0] for step in steps)
    assert [bool(step.found[0]) for step in steps] == [False] * 4 + [True]
    np.testing.assert_allclose(steps[4].faces.landmarks, faces((20, 30, 40, 50)).landmarks)


def test_the_order_of_faces_may_change_between_grid_frames():
    opening = faces((10, 10, 30, 30), (14, 80, 30, 30))
    closing = faces((9, 80, 30, 30), (12, 10, 30, 30))
    steps = walk(opening, closing, Finder())
    assert [step.origin.tolist() for step in steps] == [[0, 1]] * 4 + [[1, 0]]


def test_a_fast_face_is_looked_for_in_every_frame():
    finder = Finder(*(faces((10 + 10 * n, 20, 40, 50)) for n in range(1, 5)))
    steps = walk(faces((10, 20, 40, 50)), faces((60, 20, 40, 50)), finder)
    assert finder.calls == 4
    assert [step.origin.tolist() for step in steps] == [[0]] * 5


def test_no_face_is_followed_across_a_cut():
    here = faces((10, 20, 40, 50))
    steps = walk(here, here, Finder(here, here, here, here), cut={3})
    assert [step.origin.tolist() for step in steps] == [[0], [0], [-1], [0], [0]]


def test_no_face_is_followed_across_or_shown_in_a_frame_that_cannot_be_decoded():
    here = faces((10, 20, 40, 50))
    steps = walk(here, here, Finder(here, here, here), lost={2})
    assert [step.origin.tolist() for step in steps] == [[0], [], [-1], [0], [0]]


def test_two_faces_close_together_are_told_apart_frame_by_frame():
    opening = faces((10, 20, 40, 50), (35, 20, 40, 50))
    finder = Finder(*[opening] * 4)
    walk(opening, opening, finder)
    assert finder.calls == 4


def test_a_face_missed_for_a_frame_is_filled_in():
    here, there = faces((10, 20, 40, 50)), faces((40, 20, 40, 50))
    finder = Finder(
        faces((16, 20, 40, 50)), no_faces(), faces((28, 20, 40, 50)), faces((34, 20, 40, 50))
    )
    steps = walk(here, there, finder)
    assert [step.origin.tolist() for step in steps] == [[0]] * 5
    assert steps[1].faces.box[0].tolist() == [22, 20, 40, 50]
    assert not steps[1].found[0]


def test_a_face_hidden_behind_another_is_not_filled_in():
    front = (20, 20, 40, 50)
    both = faces(front, (30, 24, 40, 50))
    finder = Finder(both, faces(front), both, both)
    steps = walk(both, both, finder)
    assert len(steps[1].faces) == 1
    assert steps[2].origin.tolist() == [0, -1]


def test_nothing_stays_nothing():
    finder = Finder()
    assert all(not len(step.faces) for step in walk(no_faces(), no_faces(), finder))
    assert finder.calls == 0
