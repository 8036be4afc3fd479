"""How long the player takes to seek and to step, and how much memory the window needs.

Run with `./run python tests/performance/player.py [VIDEO]`. The video is 1080p H.264 with three
B-frames between others and a key frame every 250, made on the spot (or kept at the path that is
given) from noise over a moving gradient, so that decoding costs what a recording's does. Times are
wall time until a picture is on screen, in the whole window of 1280 x 800 with a case; other work on
the machine makes them longer. Memory is that of the window and of every process below it, pages
that they share counted once; beyond the bound the status is 1.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer

from tests import videos
from ui.application import make_application
from ui.main_window import MainWindow
from ui.player import PlayerWidget
from workstation.cases.case import Case
from workstation.evidence.decoding_run import Run
from workstation.evidence.intake import add_exhibit
from workstation.evidence.reading import FrameReader

FRAMES, GROUP, SIZE, RATE = 500, 250, (1920, 1080), 30
BOUND = 600  # megabytes, whatever is done and however long it plays
PAUSE = 0.15  # seconds between steps back, as somebody who looks at each frame


def pictures(size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """Gradients that move under film grain, RGB uint8 (H, W, 3)."""
    rng = np.random.default_rng(0)
    width, height = size
    grain = rng.normal(0, 2, (8, height, width, 1)).astype(np.float32)
    across = np.linspace(0, 6, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 4, height, dtype=np.float32)[:, None]
    made = []
    for number in range(24):
        wave = np.sin(across + number / 12) * np.cos(down - number / 9) * 90 + 128
        made.append(np.clip(wave[:, :, None] + grain[number % 8], 0, 255).astype(np.uint8))
    return [np.broadcast_to(one, (height, width, 3)) for one in made]


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


def until(holds: Callable[[], bool]) -> None:
    """Let the event loop run until something holds."""
    loop = QEventLoop()
    timer = QTimer(interval=1)
    timer.timeout.connect(lambda: loop.quit() if holds() else None)
    timer.start()
    if not holds():
        loop.exec()


def shows(player: PlayerWidget, number: int) -> bool:
    """Whether a frame itself is on screen."""
    return player.settled and player.current_frame == number


def rest(seconds: float) -> None:
    """Let the event loop run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def timed(player: PlayerWidget, act: Callable[[], None], number: int) -> tuple[float, float]:
    """Milliseconds until a picture of the frame is on screen, and until it is the frame itself."""
    start = time.perf_counter()
    act()
    until(lambda: player.current_frame == number)
    first = time.perf_counter()
    until(lambda: shows(player, number))
    return (first - start) * 1000, (time.perf_counter() - start) * 1000


def seeks(player: PlayerWidget, name: str, count: int = 60) -> None:
    """Random places, as pressing on the timeline gives them."""
    numbers = np.random.default_rng(1).integers(0, FRAMES, count).tolist()
    taken = [timed(player, lambda n=n: player.seek(n), n) for n in numbers]
    report(f"seek, {name}: a picture", [first for first, _ in taken], 150)
    report("    the frame itself", [whole for _, whole in taken])


def decoders_work(player: PlayerWidget, count: int = 30) -> None:
    """What the decoder itself does for a seek, in this process: no seek can take less.

    It is the processor time, which all processors together could share at best, and how much more
    it is when every frame on the way is decoded.
    """
    numbers = np.random.default_rng(1).integers(0, FRAMES, count).tolist()
    path, index = player._path, player._index
    spent: dict[bool, list[float]] = {True: [], False: []}
    for passes in spent:
        reader = FrameReader(path, index)
        original = Run._passes
        if not passes:
            Run._passes = lambda *_: False
        for number in numbers:
            began = time.process_time()
            reader.read(number)
            spent[passes].append((time.process_time() - began) * 1000)
        Run._passes = original
        reader.close()
    report("decoder's work for a seek", spent[True])
    least = np.percentile(spent[True], 95) / (os.cpu_count() or 1)
    print(
        f"    so that 95 % cannot be under {least:.0f} ms with {os.cpu_count()} processors; "
        f"{sum(spent[False]) / sum(spent[True]):.2f} times as much if every frame is decoded"
    )


def steps(player: PlayerWidget) -> None:
    """Single steps, forwards and then backwards through a whole group."""
    player.seek(100)
    until(lambda: shows(player, 100))
    taken = [timed(player, lambda: player.step(1), n)[1] for n in range(101, 160)]
    report("step forward", taken, 40)
    player.seek(490)
    until(lambda: shows(player, 490))
    taken = []
    for number in range(489, 250, -1):
        taken.append(timed(player, lambda: player.step(-1), number)[1])
        rest(PAUSE if number % 4 == 0 else 0.03)
    report("step back", taken, 40)


def plays(player: PlayerWidget, rate: float, frame: int, seconds: float) -> None:
    """Play and count what was shown and what was left out."""
    player.seek(frame)
    until(lambda: shows(player, frame))
    shown: list[int] = []
    made = player.frame_shown.connect(shown.append)
    player.play(rate)
    rest(seconds)
    playing = player._playing
    left_out = playing.left_out + (playing._playback.left_out if playing._playback else 0)
    player.pause()
    player.frame_shown.disconnect(made)
    print(
        f"playing at {rate:+.0f}x for {seconds:.0f} s: {len(shown)} frames shown, "
        f"{left_out} not shown"
    )


def family() -> list[int]:
    """This process and every one below it."""
    below: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            below.setdefault(parent, []).append(int(folder.name))
    found = [os.getpid()]
    for one in found:
        found += below.get(one, [])
    return found


def memory() -> float:
    """Memory of the window and of every process below it, megabytes of 10**6 bytes."""
    total = 0
    for process in family():
        with suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total / 1e6


class Watch:
    """The most memory in each part of the work."""

    def __init__(self) -> None:
        self._most = self.highest = 0.0
        self._timer = QTimer(interval=250)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def tell(self, name: str) -> None:
        """Print the most since the last time."""
        self._look()
        print(f"memory {name}: at most {self._most:.0f} MB, {len(family())} processes")
        self.highest, self._most = max(self.highest, self._most), 0.0

    def _look(self) -> None:
        self._most = max(self._most, memory())


def made_apart(act: Callable[[], object]) -> None:
    """Do something in a process of its own: its memory is not the player's."""
    if os.fork() == 0:
        act()
        os._exit(0)
    os.wait()


def make(path: Path) -> None:
    """Write the video."""
    pattern = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=3:b-adapt=0"
    options = {"preset": "veryfast", "crf": "23", "x264-params": pattern}
    made_apart(
        lambda: videos.make_video(
            path, pictures=Cycle(pictures()), size=SIZE, group=GROUP, rate=RATE, options=options
        )
    )


def opened(path: Path, folder: Path) -> MainWindow:
    """The window with a case that holds the video."""
    with Case.create(folder / "case", number="1", examiner="A. Examiner") as case:
        add_exhibit(case, path)
    window = MainWindow()
    window.resize(1280, 800)
    window.show()
    window.open_case(folder / "case")
    until(lambda: window.workspace.stage.player.current_frame == 0)
    return window


def measure(path: Path, folder: Path) -> bool:
    """Seek, step and play; whether memory stayed within its bound."""
    print(f"video: {path.stat().st_size / 1e6:.1f} MB, {FRAMES} frames")
    window, watch = opened(path, folder), Watch()
    player = window.workspace.stage.player
    watch.tell("with the case open")
    seeks(player, "no previews yet" if player.previews.filled < FRAMES else "previews there")
    until(lambda: player.previews.ended)
    print(f"previews: {player.previews.filled} frames, {player.previews._bytes / 1e6:.1f} MB")
    seeks(player, "previews there", 100)
    watch.tell("in 160 seeks")
    steps(player)
    watch.tell("stepping")
    player.set_repeat(True)
    plays(player, 1.0, 0, 60.0)
    watch.tell("playing for 60 s")
    plays(player, -1.0, 495, 15.0)
    plays(player, -4.0, 495, 10.0)
    watch.tell("shuttling back")
    plays(player, 4.0, 0, 3.0)
    watch.tell("at four times the speed")
    decoders_work(player)
    window.close()
    print(f"at most {watch.highest:.0f} MB, bound {BOUND}")
    return watch.highest <= BOUND


def main() -> None:
    """Measure everything."""
    application = make_application()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as folder:
        given = len(sys.argv) > 1
        path = Path(sys.argv[1]) if given else Path(folder) / "v.mp4"
        if not path.exists():
            make(path)
        os.environ["XDG_CONFIG_HOME"] = str(Path(folder) / "settings")
        within = measure(path, Path(folder))
    application.quit()
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()
