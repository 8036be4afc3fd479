from dataclasses import replace

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
    """Gives prepared answers in turn, and notes what was looked at: None for all over."""

    def __init__(self, *answers: Faces) -> None:
        self.answers = list(answers)
        self.looks = []

    @property
    def calls(self) -> int:
        return len(self.looks)

    def __call__(self, frames, near) -> list[Faces]:
        self.looks += [None] * len(frames) if near is None else near
        return [self.answers.pop(0) for _ in frames]


def walk(opening, closing, finder, length=5, cut=(), lost=(), interpolate=True):
    pixels = [None if n in lost else FRAME for n in range(length + 1)]
    cuts = [n in cut for n in range(length + 1)]
    return follow(pixels, cuts, opening, closing, finder, interpolate=interpolate)


def near(opening, closing, finder):
    return walk(opening, closing, finder, interpolate=False)


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
    finder = Finder(both, faces(front), both, both, faces(front))
    steps = walk(both, both, finder)
    assert len(steps[1].faces) == 1
    assert steps[2].origin.tolist() == [0, -1]


def test_nothing_stays_nothing():
    finder = Finder()
    assert all(not len(step.faces) for step in walk(no_faces(), no_faces(), finder))
    assert finder.calls == 0


def test_between_grid_frames_a_face_is_looked_for_about_its_place():
    between = [faces((10 + 2 * n, 20 + 2 * n, 40, 50)) for n in range(1, 5)]
    finder = Finder(*between)
    steps = near(faces((10, 20, 40, 50)), faces((20, 30, 40, 50)), finder)
    assert [look[0, 0] for look in finder.looks] == [12, 14, 16, 18]
    assert [step.faces for step in steps[:4]] == between
    assert [step.origin.tolist() for step in steps] == [[0]] * 5


def test_where_a_face_may_be_is_looked_at_too():
    doubtful = np.array([[100, 60, 20, 20]], np.float32)
    opening = replace(faces((10, 20, 40, 50)), doubtful=doubtful)
    second = faces((10, 20, 40, 50), (100, 60, 20, 20))
    here = faces((10, 20, 40, 50))
    finder = Finder(here, second, second, here)
    steps = near(opening, replace(here, doubtful=doubtful + 1), finder)
    assert [look.tolist()[1:] for look in finder.looks] == [doubtful.tolist()] * 4
    assert [len(step.faces) for step in steps] == [1, 2, 2, 1, 1]


def test_a_face_that_is_not_in_its_place_is_looked_for_all_over():
    here, away = faces((10, 20, 40, 50)), faces((90, 20, 40, 50))
    finder = Finder(here, no_faces(), here, here, away)
    steps = near(here, here, finder)
    assert [look is None for look in finder.looks] == [False] * 4 + [True]
    assert steps[1].faces.box[0, 0] == 90


def test_a_face_that_comes_or_goes_has_every_frame_looked_at_all_over():
    here = faces((10, 20, 40, 50))
    finder = Finder(no_faces(), no_faces(), here, here)
    steps = near(no_faces(), here, finder)
    assert finder.looks == [None] * 4
    assert [len(step.faces) for step in steps] == [0, 0, 1, 1, 1]


def test_where_nothing_is_nor_may_be_nothing_is_looked_at():
    finder = Finder()
    assert all(not len(step.faces) for step in near(no_faces(), no_faces(), finder))
    assert finder.calls == 0


def test_a_cut_has_every_frame_looked_at_all_over():
    here = faces((10, 20, 40, 50))
    finder = Finder(*[here] * 4)
    walk(here, here, finder, cut={3}, interpolate=False)
    assert finder.looks == [None] * 4


def test_many_places_are_looked_at_all_over():
    crowd = faces(*((8 * n, 20, 6, 8) for n in range(13)))
    finder = Finder(*[crowd] * 4)
    near(crowd, crowd, finder)
    assert finder.looks == [None] * 4
