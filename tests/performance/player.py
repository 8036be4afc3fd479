"""How long the player takes to seek and to step, and how much memory it needs; judges nothing.

Run with `./run python tests/performance/player.py`. The video is 1080p H.264 with B-frames and a
key frame every 250, made on the spot (or kept at the path that is given) from noise over a moving
gradient, so that decoding costs what a recording's does. Times are wall time until the frame is on
screen, in a window of 1280 x 800; other work on the machine makes them longer.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from tests import videos
from ui import theme
from ui.player import PlayerWidget
from workstation.evidence.frame_index import build_frame_index

FRAMES, GROUP, SIZE, RATE = 500, 250, (1920, 1080), 30
PAUSE = 0.15  # seconds between steps back, as somebody who looks at each frame


def pictures() -> list[np.ndarray]:
    """Gradients that move under film grain, RGB uint8 (H, W, 3)."""
    rng = np.random.default_rng(0)
    width, height = SIZE
    grain = rng.normal(0, 2, (8, height, width, 1)).astype(np.float32)
    across = np.linspace(0, 6, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 4, height, dtype=np.float32)[:, None]
    made = []
    for number in range(24):
        wave = np.sin(across + number / 12) * np.cos(down - number / 9) * 90 + 128
        made.append(np.clip(wave[:, :, None] + grain[number % 8], 0, 255).astype(np.uint8))
    return [np.repeat(one, 3, axis=2) for one in made]


class Cycle:
    """A long list of pictures that repeats a short one."""

    def __init__(self, made: list[np.ndarray]) -> None:
        self._made = made

    def __len__(self) -> int:
        return FRAMES

    def __getitem__(self, number: int) -> np.ndarray:
        return self._made[number % len(self._made)]


def report(name: str, milliseconds: list[float], target: float | None = None) -> None:
    """Print percentiles."""
    middle, high, most = np.percentile(milliseconds, [50, 95, 100])
    aim = f"   (aim for 95 %: {target:.0f})" if target else ""
    print(f"{name:<34} median {middle:6.1f}   95 % {high:6.1f}   most {most:6.1f} ms{aim}")


def until(player: PlayerWidget, number: int) -> None:
    """Let the event loop run until a frame is on screen."""
    if player.current_frame != number:
        loop = QEventLoop()
        made = player.frame_shown.connect(lambda shown: loop.quit() if shown == number else None)
        loop.exec()
        player.frame_shown.disconnect(made)


def rest(seconds: float) -> None:
    """Let the event loop run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def timed(player: PlayerWidget, act: Callable[[], None], number: int) -> float:
    """Milliseconds from an act until the frame is on screen."""
    start = time.perf_counter()
    act()
    until(player, number)
    return (time.perf_counter() - start) * 1000


def seeks(player: PlayerWidget) -> None:
    """Random places, as dragging along the timeline gives them."""
    numbers = np.random.default_rng(1).integers(0, FRAMES, 60)
    taken = [timed(player, lambda n=n: player.seek(int(n)), int(n)) for n in numbers]
    report("seek to any frame", taken, 150)
    beginnings = [
        took for took, n in zip(taken, numbers.tolist(), strict=True) if n % GROUP < GROUP // 3
    ]
    report("  in the first third of a group", beginnings)


def steps(player: PlayerWidget) -> None:
    """Single steps, forwards and then backwards through a whole group."""
    player.seek(100)
    until(player, 100)
    taken = [timed(player, lambda: player.step(1), n) for n in range(101, 160)]
    report("step forward", taken, 40)
    player.seek(490)
    until(player, 490)
    taken = []
    for number in range(489, 250, -1):
        taken.append(timed(player, lambda: player.step(-1), number))
        rest(PAUSE if number % 4 == 0 else 0.03)
    report("step back", taken, 40)


def plays(player: PlayerWidget, rate: float, frame: int, seconds: float) -> None:
    """Play and count what was shown and what was left out."""
    player.seek(frame)
    until(player, frame)
    shown: list[int] = []
    made = player.frame_shown.connect(shown.append)
    player.play(rate)
    rest(seconds)
    left_out = player._playing._playback.left_out if player._playing._playback else 0
    player.pause()
    player.frame_shown.disconnect(made)
    print(
        f"playing at {rate:+.0f}x for {seconds:.0f} s: {len(shown)} frames shown, "
        f"{left_out} not shown, memory so far {peak():.0f} MB"
    )


def peak() -> float:
    """Most memory this process has had, in megabytes of 10**6 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def make(path: Path) -> None:
    """Write the video, in a process of its own: its memory is not the player's."""
    options = {"preset": "veryfast", "crf": "23"}
    if os.fork() == 0:
        videos.make_video(
            path, pictures=Cycle(pictures()), size=SIZE, group=GROUP, rate=RATE, options=options
        )
        os._exit(0)
    os.wait()


def measure(path: Path) -> None:
    """Seek, step and play."""
    print(f"video: {path.stat().st_size / 1e6:.1f} MB, {FRAMES} frames")
    index = build_frame_index(path)
    player = PlayerWidget()
    player.resize(1280, 800)
    player.show()
    print(f"memory before the exhibit is opened: {peak():.0f} MB")
    player.show_exhibit(path, index)
    until(player, 0)
    seeks(player)
    steps(player)
    plays(player, 1.0, 0, 8.0)
    plays(player, -1.0, 495, 8.0)
    plays(player, 4.0, 0, 3.0)
    player.close()


def main() -> None:
    """Measure everything."""
    application = QApplication([])
    theme.keeper().refresh()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        given = len(sys.argv) > 1
        path = Path(sys.argv[1]) if given else Path(folder) / "v.mp4"
        if not path.exists():
            make(path)
        measure(path)
    application.quit()


if __name__ == "__main__":
    main()
