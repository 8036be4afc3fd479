"""What is counted about one person, and which face shows the person."""

import numpy as np
import pytest

from tests.ui.face_tables import table_of
from workstation.analysis.grouping import extents, figures
from workstation.cases import people

FRONT = np.array([[20, 40], [60, 40], [40, 60], [25, 80], [55, 80]], np.float32)
ASIDE = FRONT + np.array([[0, 0], [0, 0], [22, 0], [0, 0], [0, 0]], np.float32)


def person_of(faces):
    return people.everyone((), extents(faces))[0]


def seen(*faces):
    """One track: for each frame its landmarks, its width, and which range it lies outside of."""
    table = table_of([(frame, 1, 0.5) for frame in range(len(faces))])
    for row, (landmarks, width, outside) in enumerate(faces):
        table.landmarks[row] = landmarks
        table.box[row, 2:] = width
        table.outside[row] = outside
    return table


@pytest.mark.parametrize(
    ("faces", "shown"),
    [
        ([(FRONT, 80, 0), (FRONT, 90, 0)], 1),
        ([(FRONT, 80, 0), (ASIDE, 90, 0)], 0),
        ([(FRONT, 300, 0), (ASIDE, 900, 0)], 0),
        ([(FRONT, 80, 0), (FRONT, 300, 4)], 0),
        ([(np.zeros((5, 2)), 80, -1), (np.zeros((5, 2)), 90, -1)], 1),
    ],
)
def test_the_face_shown_is_large_looks_ahead_and_counts(faces, shown):
    table = seen(*faces)
    assert figures(person_of(table), table, np.arange(2.0)).best_row == shown


def test_a_face_cut_off_by_the_edge_shows_less():
    table = seen((FRONT, 80, 0), (FRONT, 90, 0))
    table.box[1, 1] = -40
    assert figures(person_of(table), table, np.arange(2.0)).best_row == 0


def test_without_a_face_there_is_none_to_show():
    table = seen((FRONT, 80, 0))
    nobody = person_of(table)
    assert figures(nobody, table.where(slice(0, 0)), np.arange(2.0)).best_row is None
