"""How long the timeline takes to draw and the player to seek; prints, judges nothing.

Run with `./run python tests/performance/timeline_and_player.py`. Times of the timeline are this
thread's processor time, so that other work on the machine disturbs them little; those of seeks
are wall time.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from tests import videos
from ui import theme
from ui.player import PlayerWidget
from ui.timeline import TimelineWidget
from workstation.cases.records import FaceTable, FrameIndex
from workstation.evidence.frame_index import build_frame_index

FRAME_BUDGET_MS = 16.0
TRACKS = 3


def faces_of(frames: int) -> FaceTable:
    """Noisy scores of three tracks on every frame."""
    count = TRACKS * frames
    noise = np.random.default_rng(0).normal(0.0, 0.08, count)
    score = np.clip(np.tile([0.2, 0.5, 0.8], frames) + noise, 0, 1)
    return FaceTable(
        np.repeat(np.arange(frames), TRACKS),
        np.tile(np.arange(1, TRACKS + 1, dtype=np.int32), frames),
        np.ones(count, np.bool_),
        score.astype(np.float32),
        np.zeros((count, 4), np.float32),
        np.zeros((count, 5, 2), np.float32),
    )


def report(name: str, milliseconds: list[float]) -> float:
    """Print percentiles and give the median."""
    middle, high, most = np.percentile(milliseconds, [50, 99, 100])
    print(f"{name:<44} median {middle:7.2f}   99 % {high:7.2f}   most {most:7.2f} ms")
    return float(middle)


def measure(act: Callable[[], None], times: int) -> list[float]:
    """Processor time of this thread for each call, in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        act()
        taken.append((time.thread_time() - start) * 1000)
    return taken


def time_timeline(frames: int) -> float:
    """Draw, move and fill a timeline; gives the median of a whole repaint."""
    timeline = TimelineWidget()
    timeline.resize(1280, 240)
    timeline.show()
    index = FrameIndex(np.arange(frames) * 40, np.arange(frames) % 50 == 0, (1, 1000), 25.0)
    timeline.show_exhibit(index)
    timeline.set_thresholds(0.4, 0.6)
    faces = faces_of(frames)
    timeline.set_faces(faces)
    viewport = timeline.view.viewport()
    QApplication.processEvents()  # a window that was never shown is not painted

    def repaint() -> None:
        timeline.redraw()
        viewport.repaint()

    def playhead() -> None:
        timeline.set_playhead(int(np.random.default_rng().integers(frames)))
        viewport.repaint()

    label = f"{TRACKS} tracks x {frames:,} frames: "
    whole = report(label + "all anew", measure(repaint, 40))
    report(label + "playhead", measure(playhead, 40))
    part = faces_of(250)
    middle = report(
        label + "append 250 frames",
        measure(lambda: timeline.append_faces(frames - 250, frames, shifted(part, frames)), 40),
    )
    shares = f"{whole / FRAME_BUDGET_MS:.2f} and {middle / FRAME_BUDGET_MS:.2f}"
    print(f"    shares of {FRAME_BUDGET_MS:.0f} ms, all anew and append: {shares}")
    timeline.close()
    return whole


def shifted(faces: FaceTable, stop: int) -> FaceTable:
    """The same faces at the end of the exhibit."""
    frame = faces.frame + stop - faces.frame[-1] - 1
    return FaceTable(frame, faces.track, faces.scored, faces.score, faces.box, faces.landmarks)


def time_seeks(size: tuple[int, int], group: int) -> None:
    """Seek to random frames, then step."""
    with tempfile.TemporaryDirectory() as folder:
        video = videos.make_video(Path(folder) / "v.mp4", frames=500, size=size, group=group)
        player = PlayerWidget()
        player.resize(960, 600)
        player.show()
        player.show_exhibit(video, build_frame_index(video))
        wait_for(player, 0)
        numbers = np.random.default_rng(1).integers(0, 500, 100)
        name = f"{size[0]} x {size[1]}, key frame every {group}: "
        report(name + "seek", [seek(player, int(number)) for number in numbers])
        report(name + "step", [seek(player, number) for number in range(100, 200)])
        player.close()


def seek(player: PlayerWidget, number: int) -> float:
    """Milliseconds until the frame is on screen."""
    start = time.perf_counter()
    player.seek(number)
    wait_for(player, number)
    return (time.perf_counter() - start) * 1000


def wait_for(player: PlayerWidget, number: int) -> None:
    """Let the event loop run until a frame is on screen."""
    if player.current_frame == number:
        return
    loop = QEventLoop()
    arrived = player.frame_shown.connect(lambda shown: loop.quit() if shown == number else None)
    loop.exec()
    player.frame_shown.disconnect(arrived)


def main() -> None:
    """Measure everything."""
    application = QApplication([])
    theme.keeper().refresh()
    short = time_timeline(4_320)
    long = time_timeline(432_000)
    print(f"    a hundred times as many frames: {long / short:.1f} times the time")
    time_seeks((640, 360), 48)
    time_seeks((1920, 1080), 250)
    application.quit()


if __name__ == "__main__":
    main()
