"""Faces cut out for the inspector."""

from dataclasses import replace

import numpy as np
import pytest

from tests.ui.small_cases import face_table
from ui.inspector.crops import SIDE, cut_out, peak_row, shown_row


def test_the_peak_is_the_highest_scored_frame_of_the_track():
    faces = face_table(20)
    scores = np.linspace(0, 0.9, 20, dtype=np.float32)
    scores[19] = np.nan
    scored = np.ones(20, np.bool_)
    scored[19] = False
    faces = replace(faces, score=scores, scored=scored)
    assert peak_row(faces, 1) == 18
    assert peak_row(faces, 2) is None
    assert peak_row(replace(faces, scored=np.zeros(20, np.bool_)), 1) is None


def test_a_track_without_a_score_is_shown_by_its_largest_face():
    faces = face_table(20)
    assert shown_row(faces, 1) == peak_row(faces, 1)
    assert shown_row(faces, 2) is None
    box = faces.box.copy()
    box[7, 2:] *= 2
    unscored = replace(faces, scored=np.zeros(20, np.bool_), box=box)
    assert shown_row(unscored, 1) == 7


@pytest.mark.parametrize(
    "box",
    [(10, 20, 30, 40), (-15, -10, 30, 40), (85, 50, 30, 40), (0, 0, 300, 300), (50, 30, 1, 1)],
)
def test_a_square_is_cut_out_wherever_the_face_is(box):
    pixels = np.zeros((60, 100, 3), np.uint8)
    picture = cut_out(pixels, np.array(box, np.float32))
    assert (picture.width(), picture.height()) == (SIDE, SIDE)


def test_the_colours_are_those_of_the_face():
    pixels = np.zeros((60, 100, 3), np.uint8)
    pixels[20:40, 40:60] = (200, 100, 50)
    middle = cut_out(pixels, np.array([42, 22, 12, 12], np.float32)).pixelColor(
        SIDE // 2, SIDE // 2
    )
    assert (middle.red(), middle.green(), middle.blue()) == (200, 100, 50)
