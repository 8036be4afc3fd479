"""The timeline under the examiner's hands."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.ui.timeline.scene import FRAMES, faces_between, names, place
from ui import theme
from ui.timeline.headings import HEADING, RULER
from ui.timeline.scores import Mark
from workstation.cases.records import FrameIndex, Segment, Stretch


def click(timeline, seconds):
    left = Qt.MouseButton.LeftButton
    where = place(timeline, seconds)
    QTest.mouseClick(timeline.view.viewport(), left, Qt.KeyboardModifier.NoModifier, where)


def wheel(timeline, where, turned):
    viewport = timeline.view.viewport()
    event = QWheelEvent(
        QPointF(where),
        QPointF(viewport.mapToGlobal(where)),
        QPoint(),
        QPoint(0, turned),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)


def test_a_click_seeks_the_frame_nearest_in_time(timeline, index):
    asked = []
    timeline.seek_requested.connect(asked.append)
    chosen = np.random.default_rng(2).integers(0, FRAMES, 40)
    timeline.view.zoom(0.02, float(index.times[500]))
    for number in [*range(495, 506), *chosen]:
        timeline.view.fit()
        timeline.view.zoom(0.02, float(index.times[number]))  # pixels finer than frames
        click(timeline, float(index.times[number]))
        assert asked.pop() == number == timeline.playhead_frame
        assert not asked


def test_a_click_on_the_whole_exhibit_seeks_the_frame_below_the_pixel(timeline, index):
    asked = []
    timeline.seek_requested.connect(asked.append)
    click(timeline, 10.0)
    where = timeline.view.time_at(place(timeline, 10.0)).x()
    assert asked == [int(np.argmin(np.abs(index.times - where)))]


def test_dragging_seeks_on_the_way_and_the_playhead_obeys_the_hand(timeline, index):
    asked = []
    timeline.seek_requested.connect(asked.append)
    viewport, left = timeline.view.viewport(), Qt.MouseButton.LeftButton
    no_modifier = Qt.KeyboardModifier.NoModifier
    QTest.mousePress(viewport, left, no_modifier, place(timeline, 5.0))
    for seconds in (8.0, 12.0, 20.0):
        QTest.mouseMove(viewport, place(timeline, seconds))
        timeline.set_playhead(3)  # a frame that was asked for earlier arrives
    assert timeline.playhead_frame == asked[-1] != 3
    QTest.mouseRelease(viewport, left, no_modifier, place(timeline, 20.0))
    assert len(asked) == 4
    assert asked == sorted(asked)
    timeline.set_playhead(3)
    assert timeline.playhead_frame == 3


def test_a_click_outside_seeks_the_first_or_last_frame(timeline):
    asked = []
    timeline.seek_requested.connect(asked.append)
    viewport, left = timeline.view.viewport(), Qt.MouseButton.LeftButton
    timeline.view.fit(100.0)  # longer than the exhibit
    QTest.mouseClick(viewport, left, Qt.KeyboardModifier.NoModifier, QPoint(HEADING, 30))
    QTest.mouseClick(viewport, left, Qt.KeyboardModifier.NoModifier, QPoint(980, 30))
    assert asked == [0, FRAMES - 1]


def test_the_wheel_zooms_in_time_only_and_keeps_the_time_below_the_pointer(timeline):
    where = place(timeline, 12.0)
    before = timeline.view.time_at(where)
    wide = np.diff(timeline.view.span)[0]
    for _ in range(6):
        wheel(timeline, where, 120)
    after = timeline.view.time_at(where)
    assert after.x() == pytest.approx(before.x(), abs=1e-6)
    assert np.diff(timeline.view.span)[0] == pytest.approx(wide / 1.25**6)


def test_the_view_never_leaves_the_exhibit(timeline):
    for turned in (120, 120, 120, -120, -120, -120, -120, -120):
        wheel(timeline, place(timeline, 1.0), turned)
        timeline.view.pan(-1000.0)
        left, right = timeline.view.span
        assert left >= 0.0
        assert right <= timeline.scores.end + 1e-9
    assert timeline.view.span == pytest.approx((0.0, timeline.scores.end))


@pytest.mark.parametrize("on_ruler", [False, True])
def test_dragging_with_the_middle_button_or_the_ruler_pans(timeline, on_ruler):
    asked = []
    timeline.seek_requested.connect(asked.append)
    timeline.view.zoom(0.25, 15.0)
    viewport = timeline.view.viewport()
    y = viewport.height() - RULER // 2 if on_ruler else 30
    button = Qt.MouseButton.LeftButton if on_ruler else Qt.MouseButton.MiddleButton
    no_modifier = Qt.KeyboardModifier.NoModifier
    seconds = timeline.view.time_at(QPoint(500, y)).x()
    QTest.mousePress(viewport, button, no_modifier, QPoint(500, y))
    QTest.mouseMove(viewport, QPoint(400, y))
    QTest.mouseRelease(viewport, button, no_modifier, QPoint(400, y))
    assert timeline.view.time_at(QPoint(400, y)).x() == pytest.approx(seconds)
    assert asked == []


def test_double_click_and_keys_zoom(timeline):
    QTest.keyClick(timeline, Qt.Key.Key_Plus)
    assert timeline.view.span[1] < timeline.scores.end
    QTest.keyClick(timeline, Qt.Key.Key_Minus)
    assert timeline.view.span == pytest.approx((0.0, timeline.scores.end))
    QTest.keyClick(timeline, Qt.Key.Key_Plus)
    QTest.keyClick(timeline, Qt.Key.Key_0)
    assert timeline.view.span == pytest.approx((0.0, timeline.scores.end))
    QTest.keyClick(timeline, Qt.Key.Key_Plus)
    viewport, left = timeline.view.viewport(), Qt.MouseButton.LeftButton
    QTest.mouseDClick(viewport, left, Qt.KeyboardModifier.NoModifier, QPoint(500, 30))
    assert timeline.view.span == pytest.approx((0.0, timeline.scores.end))


def test_other_keys_are_handed_on(timeline, qtbot):
    listener, heard = QWidget(), []
    qtbot.addWidget(listener)
    listener.keyPressEvent = lambda event: heard.append(event.key())
    timeline.pass_keys_to(listener)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Space, Qt.Key.Key_Plus):
        QTest.keyClick(timeline, key)
    assert heard == [Qt.Key.Key_Left, Qt.Key.Key_Space]


def test_states_have_words(timeline, qtbot):
    assert timeline.content.message == "Not analysed yet"
    assert "scores" in names(timeline)
    timeline.append_faces(0, 100, faces_between(0, 100))
    qtbot.waitUntil(lambda: "scores" not in names(timeline))
    timeline.set_faces(faces_between(0, 0), committed_to=FRAMES)
    assert timeline.content.message == "No face was found"
    timeline.clear()
    assert timeline.content.message == "No exhibit is open"
    assert names(timeline) == ["scores"]


def test_filling_is_drawn_at_most_ten_times_a_second(timeline, qtbot, monkeypatch):
    drawn = []
    redraw = timeline.redraw
    timeline._filling.timeout.disconnect()
    timeline._filling.timeout.connect(lambda: (drawn.append(1), redraw()))
    start = time.monotonic()
    for first in range(0, 1000, 10):
        timeline.append_faces(first, first + 10, faces_between(first, first + 10))
        qtbot.wait(5)
    qtbot.waitUntil(lambda: not timeline._filling.isActive())
    assert 1 <= len(drawn) <= (time.monotonic() - start) / 0.1 + 1
    assert timeline.scores.tracks[2].frames.tolist() == list(range(1000))


def said(timeline):
    return timeline.readout.words.whole.replace("\u00a0", " ")


def test_hovering_reads_frame_time_and_the_score_of_every_track(timeline, index):
    timeline.set_faces(faces_between(0, 600), committed_to=700)
    timeline.set_undecodable([Stretch(650, 660, "damaged")])
    timeline.view.zoom(0.1, float(index.times[300]))
    low, high = (float(timeline.scores.tracks[track].scores[300]) for track in (1, 2))
    QTest.mouseMove(timeline.view.viewport(), place(timeline, float(index.times[300])))
    assert said(timeline).startswith("frame 000 300")
    assert f"track 1 {low:.2f}   track 2 {high:.2f}" in said(timeline)
    values = [value for _, value in timeline.view.hover[1]]
    assert values == pytest.approx([low, high])
    for frame, state in ((620, "no face"), (655, "could not be decoded"), (800, "not analysed")):
        timeline.view.fit()
        timeline.view.zoom(0.1, float(index.times[frame]))
        QTest.mouseMove(timeline.view.viewport(), place(timeline, float(index.times[frame])))
        assert state in said(timeline)
    timeline.view.pointed.emit(None)
    assert timeline.view.hover is None


def test_set_faces_knows_what_is_not_analysed(timeline):
    timeline.set_faces(faces_between(0, 100), committed_to=300)
    counts = {mark: int((timeline.scores.marks == mark).sum()) for mark in Mark}
    assert counts[Mark.SCORED] == 100
    assert counts[Mark.NO_FACE] == 200
    assert counts[Mark.NOT_ANALYSED] == FRAMES - 300


def test_the_playhead_turns_the_page(timeline, index):
    timeline.view.zoom(0.05, 0.0)
    timeline.set_playhead(900)
    left, right = timeline.view.span
    assert left <= index.times[900] <= right


def test_the_curve_is_drawn_in_the_colour_of_the_track_in_both_themes(timeline, qtbot):
    timeline.set_faces(faces_between(0, FRAMES))
    try:
        for name in ("dark", "light"):
            theme.keeper().choose(name)
            drawn = timeline.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
            colours = np.unique(np.frombuffer(drawn.constBits(), np.uint32) & 0xFFFFFF)
            for track in (1, 2):
                assert theme.current().track(track).rgb() & 0xFFFFFF in colours
    finally:
        theme.keeper().choose("dark")


def test_a_single_score_can_be_seen(timeline):
    timeline.set_faces(faces_between(500, 501, tracks=(1,)))
    drawn = timeline.view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    ratio = drawn.devicePixelRatio()
    row = next(row for row in timeline.view.rows if row.lane.name == "track 1")
    middle = timeline.view.pixel_of(timeline.content.begin(500), 0.3)
    colour = theme.current().track(1).rgb()
    near = [
        drawn.pixel(round(middle.x() * ratio) + x, y)
        for x in range(-3, 4)
        for y in range(round(row.top * ratio), round((row.top + row.height) * ratio))
    ]
    assert near.count(colour) >= 4


def test_segments_thresholds_and_selection_are_painted(timeline, qtbot):
    timeline.set_faces(faces_between(0, FRAMES))
    timeline.redraw()
    plain = timeline.view.grab().toImage()
    timeline.set_segments(
        [Segment(2, 100, 300, 0.7, 0.8, 200), Segment(1, 305, 306, 0.7, 0.8, 305)]
    )
    flagged = timeline.view.grab().toImage()
    assert flagged != plain
    timeline.set_thresholds(0.4, 0.6)
    assert timeline.view.grab().toImage() != flagged
    before = timeline.view.grab().toImage()
    timeline.select_track(2)
    assert timeline.view.grab().toImage() != before


def test_a_curve_is_where_the_pointer_reads_it(timeline, index):
    theme.keeper().choose("dark")
    faces = faces_between(0, FRAMES, tracks=(1,))
    faces.score[:] = 0.1
    faces.score[400:600] = 0.9
    timeline.set_faces(faces)
    picture = timeline.view.viewport().grab().toImage()
    colour = theme.current().track(1).rgb()
    for frame, score in ((200, 0.1), (500, 0.9), (900, 0.1)):
        at = timeline.view.pixel_of(float(index.times[frame]), score).toPoint()
        column = [picture.pixel(at.x(), y) for y in range(at.y() - 2, at.y() + 3)]
        assert colour in column


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_tiny_exhibits(timeline, frames):
    index = FrameIndex(np.arange(frames) * 40, np.ones(frames, np.bool_), (1, 1000), 0.0)
    timeline.show_exhibit(index)
    timeline.set_faces(faces_between(0, frames, tracks=(1,)))
    timeline.grab()
    asked = []
    timeline.seek_requested.connect(asked.append)
    click(timeline, 0.0)
    assert asked == [0][:frames]


def test_away_from_the_pointer_the_readout_tells_of_the_playhead(timeline):
    timeline.set_faces(faces_between(0, 600), committed_to=600)
    timeline.set_playhead(4)
    low, high = (float(timeline.scores.tracks[track].scores[4]) for track in (1, 2))
    assert said(timeline).startswith("frame 000 004")
    assert said(timeline).endswith(f"track 1 {low:.2f}   track 2 {high:.2f}")
    timeline.select_track(2)
    assert said(timeline).endswith(f"track 2 {high:.2f}   track 1 {low:.2f}")
    timeline.set_playhead(700)
    assert said(timeline).endswith("not analysed")


def drag(timeline, start, stop, modifier=Qt.KeyboardModifier.NoModifier):
    viewport, left = timeline.view.viewport(), Qt.MouseButton.LeftButton
    QTest.mousePress(viewport, left, modifier, place(timeline, start))
    for seconds in ((start + stop) / 2, stop):
        QTest.mouseMove(viewport, place(timeline, seconds))
    QTest.mouseRelease(viewport, left, modifier, place(timeline, stop))


def test_dragging_with_shift_selects_a_stretch_and_keys_use_it(timeline, index):
    asked, changed, clips = [], [], []
    timeline.seek_requested.connect(asked.append)
    timeline.selection_changed.connect(lambda *frames: changed.append(frames))
    timeline.clip_wanted.connect(lambda *frames: clips.append(frames))
    timeline.set_faces(faces_between(0, FRAMES))
    drag(timeline, 20.0, 8.0, Qt.KeyboardModifier.ShiftModifier)
    wanted = tuple(
        timeline.scores.nearest(timeline.view.time_at(place(timeline, seconds)).x())
        for seconds in (8.0, 20.0)
    )
    assert timeline.selection == wanted == changed[-1]
    assert not asked
    assert timeline.selection_bar.isVisible()
    QTest.keyClick(timeline, Qt.Key.Key_Return)
    assert clips == [wanted]
    QTest.keyClick(timeline, Qt.Key.Key_E)
    assert timeline.view.span[0] <= index.times[wanted[0]] < index.times[wanted[1]]
    assert np.diff(timeline.view.span)[0] < 20.0
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    assert timeline.selection is None
    assert changed[-1] == (None, None)
    assert not timeline.selection_bar.isVisible()


def test_the_tool_selects_without_a_modifier(timeline):
    asked = []
    timeline.seek_requested.connect(asked.append)
    timeline._select.click()
    drag(timeline, 5.0, 9.0)
    assert timeline.selection is not None
    timeline._select.click()
    drag(timeline, 5.0, 9.0)
    assert asked
