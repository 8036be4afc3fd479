"""The timeline under the examiner's hands."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from ui import theme
from ui.timeline import TimelineWidget
from ui.timeline.layers import LANE, TOP
from ui.timeline.scores import Mark
from workstation.cases.records import FaceTable, FrameIndex, Segment, Stretch

FRAMES = 1000


@pytest.fixture
def index():
    steps = np.random.default_rng(5).choice([17, 33, 40, 90], FRAMES)
    return FrameIndex(np.cumsum(steps), np.arange(FRAMES) % 30 == 0, (1, 1000), 25.0)


@pytest.fixture
def timeline(qtbot, index):
    timeline = TimelineWidget()
    qtbot.addWidget(timeline)
    timeline.resize(1000, 260)
    timeline.show()
    timeline.show_exhibit(index)
    qtbot.wait(20)
    return timeline


def faces_between(first, stop, tracks=(1, 2)):
    frame = np.repeat(np.arange(first, stop), len(tracks))
    track = np.tile(np.array(tracks, np.int32), stop - first)
    score = (0.3 * track + 0.1 * np.sin(frame / 50)).astype(np.float32)
    count = len(frame)
    return FaceTable(
        frame,
        track,
        np.ones(count, np.bool_),
        score,
        np.zeros((count, 4), np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def place(timeline, seconds, score=0.5):
    return timeline.view.pixel_of(seconds, score).toPoint()


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
    QTest.mouseClick(viewport, left, Qt.KeyboardModifier.NoModifier, QPoint(2, 100))
    QTest.mouseClick(viewport, left, Qt.KeyboardModifier.NoModifier, QPoint(997, 100))
    assert asked == [0, FRAMES - 1]


def test_the_wheel_zooms_in_time_only_and_keeps_the_time_below_the_pointer(timeline):
    where = place(timeline, 12.0)
    before = timeline.view.time_at(where)
    wide = np.diff(timeline.view.span)[0]
    heights = timeline.view.getPlotItem().getViewBox().viewRange()[1]
    for _ in range(6):
        wheel(timeline, where, 120)
    after = timeline.view.time_at(where)
    assert after.x() == pytest.approx(before.x(), abs=1e-6)
    assert np.diff(timeline.view.span)[0] == pytest.approx(wide / 1.25**6)
    assert timeline.view.getPlotItem().getViewBox().viewRange()[1] == heights


def test_the_view_never_leaves_the_exhibit(timeline):
    for turned in (120, 120, 120, -120, -120, -120, -120, -120):
        wheel(timeline, place(timeline, 1.0), turned)
        timeline.view.pan(-1000.0)
        left, right = timeline.view.span
        assert left >= 0.0
        assert right <= timeline.scores.end + 1e-9
    assert timeline.view.span == pytest.approx((0.0, timeline.scores.end))


@pytest.mark.parametrize(
    ("button", "modifier"),
    [
        (Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier),
        (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_dragging_with_the_middle_button_or_shift_pans(timeline, button, modifier):
    asked = []
    timeline.seek_requested.connect(asked.append)
    timeline.view.zoom(0.25, 15.0)
    viewport = timeline.view.viewport()
    seconds = timeline.view.time_at(QPoint(500, 100)).x()
    QTest.mousePress(viewport, button, modifier, QPoint(500, 100))
    QTest.mouseMove(viewport, QPoint(400, 100))
    QTest.mouseRelease(viewport, button, modifier, QPoint(400, 100))
    assert timeline.view.time_at(QPoint(400, 100)).x() == pytest.approx(seconds)
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
    QTest.mouseDClick(viewport, left, Qt.KeyboardModifier.NoModifier, QPoint(500, 100))
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
    assert timeline._message.text() == "Not analysed yet"
    assert timeline._message.isVisible()
    timeline.append_faces(0, 100, faces_between(0, 100))
    qtbot.waitUntil(lambda: not timeline._message.isVisible())
    timeline.clear()
    assert timeline._message.text() == "No exhibit is open"
    assert timeline._message.isVisible()


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


def test_hovering_reads_track_frame_time_and_score(timeline, index):
    timeline.set_faces(faces_between(0, 600), committed_to=700)
    timeline.set_undecodable([Stretch(650, 660, "damaged")])
    timeline.view.zoom(0.1, float(index.times[300]))
    expected = float(timeline.scores.tracks[2].scores[300])
    QTest.mouseMove(timeline.view.viewport(), place(timeline, float(index.times[300]), expected))
    words = timeline.readout.words.text().replace("\u00a0", " ")
    assert words.startswith("track 2   frame 000 300")
    assert words.endswith(f"score {expected:.2f}")
    for frame, state in ((620, "no face"), (655, "could not be decoded"), (800, "not analysed")):
        timeline.view.fit()
        timeline.view.zoom(0.1, float(index.times[frame]))
        QTest.mouseMove(timeline.view.viewport(), place(timeline, float(index.times[frame])))
        assert timeline.readout.words.text().replace("\u00a0", " ").endswith(state)


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


@pytest.mark.parametrize("height", [180, 261, 700])
def test_lines_stand_exactly_where_the_curve_would(timeline, qtbot, height):
    timeline.clear()
    timeline.resize(800, height)
    qtbot.wait(20)
    sight = timeline._backdrop.sight()
    for seconds, score in ((0.1, 0.0), (0.5, 0.65), (0.9, 1.0)):
        pixel = timeline.view.pixel_of(seconds, score)
        assert sight.x(seconds) == pytest.approx(pixel.x(), abs=0.01)
        assert sight.y(score) == pytest.approx(pixel.y(), abs=0.01)
    assert sight.y(1.0) - sight.area.top() == pytest.approx(TOP, abs=0.5)
    assert sight.area.bottom() - sight.y(0.0) == pytest.approx(LANE, abs=0.5)


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
    words = timeline.readout.words.text().replace("\u00a0", " ")
    assert words.startswith("track 1   frame 000 004")
    assert words.endswith(f"score {float(timeline.scores.tracks[1].scores[4]):.2f}")
    timeline.select_track(2)
    assert timeline.readout.words.text().startswith("track\u00a02")
    timeline.set_playhead(700)
    assert timeline.readout.words.text().replace("\u00a0", " ").endswith("not analysed")
