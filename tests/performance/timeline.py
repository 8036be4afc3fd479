"""What the timeline costs on two hours at 60 frames/s with three face tracks.

Run with `./run python tests/performance/timeline.py`. Times are this thread's processor time, so
that other work on the machine disturbs them little. Exit status 1 where half of all repaints while
scrolling take longer than a sixtieth of a second.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from ui import theme
from ui.timeline import TimelineWidget
from ui.timeline.content import OtherRun
from ui.timeline.feeder import sound_pyramid
from ui.timeline.picture import timeline_picture
from ui.timeline.scores import TrackScores
from workstation.cases.records import FaceTable, FrameIndex, Segment

RATE, HOURS, TRACKS = 60, 2, 3
FRAMES = RATE * 3600 * HOURS
BUDGET_MS = 16.0
SIZE = (1400, 420)


def faces_of(frames: int, seed: int = 0) -> FaceTable:
    """Noisy scores of three tracks on every frame."""
    count = TRACKS * frames
    noise = np.random.default_rng(seed).normal(0.0, 0.08, count)
    score = np.clip(np.tile([0.2, 0.5, 0.8], frames) + noise, 0, 1)
    return FaceTable(
        np.repeat(np.arange(frames), TRACKS),
        np.tile(np.arange(1, TRACKS + 1, dtype=np.int32), frames),
        np.ones(count, np.bool_),
        score.astype(np.float32),
        np.zeros((count, 4), np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def measure(name: str, act: Callable[[], object], times: int = 60) -> float:
    """Print percentiles of this thread's processor time for each call; gives the median."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        act()
        taken.append((time.thread_time() - start) * 1000)
    middle, high, most = np.percentile(taken, [50, 99, 100])
    print(f"{name:<52} median {middle:7.2f}   99 % {high:7.2f}   most {most:7.2f} ms")
    return float(middle)


def memory() -> float:
    """The most memory this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def filled(faces: FaceTable) -> TimelineWidget:
    """A timeline with every lane but the pictures, which need a file."""
    timeline = TimelineWidget()
    timeline.resize(*SIZE)
    timeline.show()
    pts = np.arange(FRAMES, dtype=np.int64) * 1000 // RATE
    timeline.show_exhibit(FrameIndex(pts, np.arange(FRAMES) % 250 == 0, (1, 1000), float(RATE)))
    timeline.set_thresholds(0.4, 0.92)
    timeline.set_faces(faces)
    timeline.set_segments(
        [Segment(3, n, n + 4000, 0.9, 0.99, n) for n in range(0, FRAMES - 5000, 21_600)]
    )
    timeline.set_shots(np.arange(0, FRAMES, 777))
    loud = np.abs(np.random.default_rng(1).normal(0, 0.3, 1_440_000)).astype(np.float32)
    timeline.set_sound(sound_pyramid(np.stack([-loud, loud], axis=1), FRAMES / RATE))
    QApplication.processEvents()  # a window that was never shown is not painted
    return timeline


def time_scrolling(timeline: TimelineWidget) -> list[float]:
    """Pan step by step at several zooms, painting each time."""
    view = timeline.view
    found = []
    for share in (1.0, 0.5, 0.1, 0.01, 0.0005):
        view.fit()
        view.zoom(share, 3000.0)
        step = (view.span[1] - view.span[0]) / 200

        def scroll(by: float = step) -> None:
            view.pan(by)
            view.viewport().repaint()

        seconds = view.span[1] - view.span[0]
        found.append(measure(f"scroll, {seconds:8.1f} s in sight", scroll))
    return found


def time_hands(timeline: TimelineWidget, faces: FaceTable) -> None:
    """Zoom, playhead, pointer, everything anew, more rows, a picture to take along."""
    view = timeline.view
    numbers = iter(np.random.default_rng(2).integers(FRAMES, size=2000).tolist())

    def zoom() -> None:
        view.zoom(0.8 if view.span[1] - view.span[0] > 10 else 500.0, 3000.0)
        view.viewport().repaint()

    def playhead() -> None:
        timeline.set_playhead(next(numbers))
        view.viewport().repaint()

    def point() -> None:
        view.pointed.emit(QPointF(next(numbers) / RATE, 40.0))
        view.viewport().repaint()

    def anew() -> None:
        timeline.redraw()
        view.viewport().repaint()

    measure("zoom by the wheel", zoom)
    view.fit()
    measure("playhead", playhead)
    measure("pointer, with the value in each lane", point)
    measure("everything anew", anew)
    part = faces.where(faces.frame >= FRAMES - 250)
    measure("250 frames more", lambda: timeline.append_faces(FRAMES - 250, FRAMES, part), 20)
    measure("a picture (PNG) to take along", lambda: timeline_picture(timeline, ".png", []), 5)


def main() -> int:
    """Measure everything."""
    application = QApplication([])
    theme.keeper().refresh()
    before = memory()
    faces = faces_of(FRAMES)
    table = memory()
    timeline = filled(faces)
    print(f"{TRACKS} tracks of {FRAMES:,} frames, {SIZE[0]} x {SIZE[1]} pixels")
    alone = time_scrolling(timeline)
    time_hands(timeline, faces)
    print(f"memory: window {before:.0f} MB, with faces {table:.0f}, with timeline {memory():.0f}")
    tracks = {}
    for number in range(1, TRACKS + 1):
        rows = faces.track == number
        tracks[number] = TrackScores()
        frames = faces.frame[rows]
        tracks[number].put(frames, frames / RATE, 1.0 - faces.score[rows])
    timeline.set_runs("run 1", [OtherRun(run, "other", tracks) for run in (2, 3)])
    print("the same with two runs laid over and three lanes of differences")
    together = time_scrolling(timeline)
    timeline.close_down()
    timeline.close()
    application.quit()
    return int(max(*alone, *together) > BUDGET_MS)


if __name__ == "__main__":
    sys.exit(main())
