"""What the timeline gets beside the run shown: pictures, sound, shots, other runs."""

import numpy as np
import pytest

from tests import videos
from tests.ui.small_cases import CARD, face_table
from ui.jobs import JobState
from ui.timeline import TimelineWidget
from ui.timeline.feeder import NO_OTHERS, Feeder, sound_pyramid
from ui.timeline.track_lanes import difference
from ui.workbench import Workbench
from workstation.cases.case import Case
from workstation.cases.records import RunOutcome
from workstation.evidence.intake import add_exhibit

FRAMES = 60


def a_run(case, score, track=1, weights="ab"):
    card = CARD | {"weights": {"file": "w", "sha256": weights * 32}, "title": f"Detector {weights}"}
    run = case.runs.start("E001", card, {}, {}, "cpu: 2 threads", "float32", FRAMES)
    case.runs.commit_stretch(run.id, 0, FRAMES, face_table(FRAMES - 10, score, track), [])
    case.runs.finish(run.id, RunOutcome.COMPLETE)
    return run


@pytest.fixture
def folder(tmp_path):
    colours = [np.full((180, 320, 3), 40 if n < 30 else 200, np.uint8) for n in range(FRAMES)]
    for picture in colours:
        picture[:, 160:] = 120
    clip = videos.make_video(tmp_path / "clip.mp4", frames=FRAMES, audio=True, pictures=colours)
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        add_exhibit(case, clip)
        a_run(case, 0.5, weights="cd")
        a_run(case, 0.8, track=7)
        a_run(case, 0.6)
    return tmp_path / "case"


@pytest.fixture
def fed(qtbot, folder):
    bench, timeline = Workbench(), TimelineWidget()
    qtbot.addWidget(timeline)
    timeline.resize(900, 500)
    timeline.show()

    def show(view):
        if view is None:
            timeline.clear()
        else:
            timeline.show_exhibit(view.index)
            timeline.set_faces(view.faces, view.run.frames_done)

    bench.run_changed.connect(show)
    feeder = Feeder(bench, timeline)
    with qtbot.waitSignals([bench.case_opened, bench.findings_changed]):
        bench.open_case(folder)
    yield bench, timeline, feeder
    feeder.close_down()
    timeline.close_down()
    bench.close()


def test_pictures_and_sound_arrive_and_belong_to_their_frames(fed, qtbot):
    _, timeline, _ = fed
    pictures = timeline.content.thumbnails
    qtbot.waitUntil(lambda: len(pictures._kept) >= 3, timeout=10_000)
    for number, picture in pictures._kept.items():
        grey = picture.pixelColor(20, 36).red()
        assert abs(grey - (40 if number < 30 else 200)) < 12
    qtbot.waitUntil(lambda: timeline.content.sound is not None, timeout=10_000)
    assert "sound" in [row.lane.name for row in timeline.view.rows]
    timeline.view.viewport().grab()


def test_shots_are_looked_for_when_asked(fed, qtbot):
    bench, timeline, feeder = fed
    assert timeline.content.shot_times is None
    feeder.look_for_shots()
    qtbot.waitUntil(lambda: timeline.content.shot_times is not None, timeout=10_000)
    assert timeline.content.shot_times.tolist() == [30 / 25]
    assert all(job.state is JobState.DONE for job in bench.jobs.jobs())


def test_other_runs_are_laid_over_and_their_tracks_matched(fed, qtbot):
    _, timeline, feeder = fed
    assert timeline.content.run.startswith("run 3: Test") or timeline.content.run.startswith(
        "run 3"
    )
    feeder._choose(2, True)
    qtbot.waitUntil(lambda: len(timeline.content.others) == 1)
    feeder._choose(1, True)
    qtbot.waitUntil(lambda: len(timeline.content.others) == 2)
    second, first = timeline.content.others
    assert (second.run, second.same_detector, second.unmatched) == (2, True, 0)
    assert (first.run, first.same_detector) == (1, False)
    apart = difference(timeline.scores.tracks[1], second.tracks[1])
    assert apart.scores.tolist() == pytest.approx([0.6] * 50)  # 0.2 higher: half of 1 + 0.2
    names = [row.lane.name for row in timeline.view.rows]
    assert names[names.index("track 1") + 1] == "difference 1"
    assert timeline.runs_legend.isVisible()
    assert "not on one scale" in timeline.runs_legend.toolTip()
    timeline.view.viewport().grab()
    feeder._choose(2, False)
    feeder._choose(1, False)
    qtbot.waitUntil(lambda: not timeline.content.others)
    assert not timeline.runs_legend.isVisible()


def test_the_menu_names_every_other_run(fed, qtbot):
    bench, timeline, feeder = fed
    runs = []
    bench.ask(lambda case: case.runs.of_exhibit("E001"), runs.extend)
    qtbot.waitUntil(lambda: len(runs) == 3)
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QMenu

    def words(some):
        feeder._pop_up(some, QPoint(0, 0))
        menu = timeline.findChildren(QMenu)[-1]
        found = [action.text() for action in menu.actions()]
        menu.close()
        return found

    assert [text.split(":")[0] for text in words(runs)] == ["run 1", "run 2"]
    assert words(runs[2:]) == [NO_OTHERS]


def test_a_waveform_keeps_its_gaps_and_its_peaks():
    peaks = np.full((100, 2), np.nan, np.float32)
    assert sound_pyramid(peaks, 10.0) is None
    peaks[20:40] = [-0.5, 0.5]
    peaks[70:80] = [-1.0, 0.25]
    level = sound_pyramid(peaks, 10.0).levels[0]
    assert level.times[[0, -1]] == pytest.approx([2.0, 7.9])
    assert (level.low.min(), level.high.max()) == (0.0, 0.75)
    assert np.flatnonzero(~level.links).tolist() == [19, 29]


def test_pictures_and_sound_wait_for_the_player(qtbot, folder):
    busy = [True]
    bench, timeline = Workbench(), TimelineWidget()
    qtbot.addWidget(timeline)
    timeline.resize(900, 500)
    timeline.show()
    timeline.wait_while(lambda: busy[0])
    bench.run_changed.connect(lambda view: view and timeline.show_exhibit(view.index))
    feeder = Feeder(bench, timeline, lambda: busy[0])
    with qtbot.waitSignals([bench.case_opened, bench.findings_changed]):
        bench.open_case(folder)
    pictures = timeline.content.thumbnails
    timeline.view.viewport().grab()
    qtbot.wait(400)
    assert pictures._wanted
    assert not pictures._kept
    assert timeline.content.sound is None
    busy[0] = False
    qtbot.waitUntil(lambda: len(pictures._kept) >= 3, timeout=10_000)
    qtbot.waitUntil(lambda: timeline.content.sound is not None, timeout=10_000)
    feeder.close_down()
    timeline.close_down()
    bench.close()


def test_sound_that_waits_is_given_up_with_its_exhibit(qtbot, folder):
    bench, timeline = Workbench(), TimelineWidget()
    qtbot.addWidget(timeline)
    feeder = Feeder(bench, timeline, lambda: True)
    with qtbot.waitSignals([bench.case_opened, bench.findings_changed]):
        bench.open_case(folder)
    feeder.close_down()
    timeline.close_down()
    bench.close()
    assert timeline.content.sound is None
