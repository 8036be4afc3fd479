"""Lanes: collapsed, ordered, hidden, and what is picked on them."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.timeline.scene import FRAMES, faces_between, names
from ui.timeline import TimelineWidget, lanes
from ui.timeline.arrangement import ORDER
from ui.timeline.content import MarkLine
from ui.timeline.headings import ARROW, HEADING
from ui.timeline.lanes_dialog import LanesDialog


def press_heading(timeline, name, x):
    row = next(row for row in timeline.view.rows if row.lane.name == name)
    where = QPoint(x, round(row.top + timeline.view.shift + 6))
    QTest.mouseClick(
        timeline.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where
    )


def test_lanes_collapse_and_the_state_is_kept(timeline, qtbot):
    timeline.set_faces(faces_between(0, 600), committed_to=900)
    whole = {row.lane.name: row.height for row in timeline.view.rows}
    for name in ("track 1", "faces"):
        press_heading(timeline, name, ARROW // 2)
    now = {row.lane.name: row for row in timeline.view.rows}
    assert now["track 1"].collapsed
    assert now["track 1"].height < whole["track 1"]
    assert not now["track 2"].collapsed
    timeline.view.viewport().grab()
    another = TimelineWidget()
    qtbot.addWidget(another)
    assert another.arrangement.collapsed == {"faces"}  # single tracks are this exhibit's
    another.close_down()


def test_pressing_a_track_points_it_out(timeline):
    picked = []
    timeline.track_picked.connect(picked.append)
    timeline.set_faces(faces_between(0, FRAMES))
    for _ in range(2):
        press_heading(timeline, "track 2", HEADING - 20)
    assert picked == [2, None]


def drop(timeline, name, onto):
    rows = {row.lane.name: row for row in timeline.view.rows}
    viewport, left = timeline.view.viewport(), Qt.MouseButton.LeftButton
    begin = QPoint(60, round(rows[name].top) + 8)
    end = QPoint(60, round(rows[onto].top) + 3)
    QTest.mousePress(viewport, left, Qt.KeyboardModifier.NoModifier, begin)
    QTest.mouseMove(viewport, end + QPoint(0, 20))
    QTest.mouseMove(viewport, end)
    viewport.grab()
    QTest.mouseRelease(viewport, left, Qt.KeyboardModifier.NoModifier, end)


def test_headings_are_dragged_into_another_order_which_is_kept(timeline, qtbot):
    timeline.set_faces(faces_between(0, 600), committed_to=900)
    assert names(timeline)[:2] == ["track 1", "track 2"]
    drop(timeline, "track 2", "track 1")
    assert names(timeline)[:2] == ["track 2", "track 1"]
    drop(timeline, "faces", "track 2")
    assert names(timeline)[:3] == ["faces", "track 2", "track 1"]
    another = TimelineWidget()
    qtbot.addWidget(another)
    order = another.arrangement.order
    assert order.index("faces") < order.index("tracks")
    assert sorted(order) == sorted(ORDER)
    another.close_down()


def test_the_list_of_lanes_hides_and_moves_by_keyboard(timeline, qtbot):
    timeline.set_faces(faces_between(0, 600), committed_to=900)
    timeline.choose_lanes()
    dialog = timeline.findChild(LanesDialog)
    texts = [dialog.list.item(row).text() for row in range(dialog.list.count())]
    assert any(text.startswith("Sound  (") for text in texts)
    place_of = timeline.arrangement.order.index
    dialog.list.setCurrentRow(place_of("faces"))
    QTest.keyClick(dialog.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert place_of("faces") == ORDER.index("faces") - 1
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert "faces" not in names(timeline)
    dialog.reject()


def test_marks_are_shown_and_picked(timeline, index):
    picked = []
    timeline.mark_picked.connect(picked.append)
    assert "marks" not in names(timeline)
    before = timeline.view.viewport().grab().toImage()
    marks = [MarkLine("a", 100, 400, "clip A"), MarkLine("b", 600, 600, "blink")]
    timeline.set_mark_lines([*marks, MarkLine("c", 5000, 5000, "of a longer exhibit")])
    assert timeline.view.viewport().grab().toImage() != before
    row = next(row for row in timeline.view.rows if row.lane.name == "marks")
    for frame in (250, 600, 800):
        where = timeline.view.pixel_of(float(index.times[frame])).toPoint()
        where.setY(round(row.top) + 8)
        QTest.mouseMove(timeline.view.viewport(), where)
        QTest.mouseClick(
            timeline.view.viewport(),
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
            where,
        )
    assert picked == ["a", "b"]
    assert len(timeline.content.marks) == 2


def test_the_name_of_a_mark_ends_before_the_next_sign(timeline):
    timeline.set_faces(faces_between(0, FRAMES))
    alone = MarkLine(1, 100, 100, "a rather long name")
    timeline.set_mark_lines([alone])
    lane = next(row for row in timeline.view.rows if row.lane.name == "marks")
    words = marked_names(timeline, lane)
    assert words == ["a rather long name"]
    timeline.set_mark_lines([alone, MarkLine(2, 101, 101, "next")])
    assert marked_names(timeline, lane) == ["next"]


def marked_names(timeline, row):
    """What is written on the lane of the marks, as it is written."""
    written = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes, "draw_words", lambda painter, part, words: written.append(words))
        timeline.view.viewport().grab()
    return [words for words in written if "track" not in words]
