"""Whether the picture keeps to the sound, and how many frames are left out for it.

Run with `./run python tests/performance/in_step.py [hd] [4k]`. Each video has sound and is made on
the spot: 1080p at 30 and 2160p at 60 frames per second, H.264 with B-frames and a key frame every
250, as in `player.py`. It is played twice in the player's own widget, its sound by a device that
plays to nobody at the speed of a clock. Whenever a frame has been painted, its time is compared
with what is heard at that moment. The status is 1 where one frame in twenty at 1080p is further
from the sound than a frame lasts, where the picture drifts by more than that, or where a picture is
late or frames are left out and the screen does not say so. Other work on the machine leaves less
for this.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from PySide6.QtGui import QPaintEvent

from tests.performance.player import made_apart, pictures, rest, until
from tests.sounds import RATE, Device, clicks, make_sounding
from ui.application import make_application
from ui.player import PlayerWidget
from ui.player.playback import LATE
from ui.player.sound import Sound
from workstation.evidence.frame_index import build_frame_index

GROUP, LOOPS = 250, 2


@dataclass(frozen=True)
class Kind:
    """A kind of video: its size in pixels, frames per second, seconds, and how it is encoded."""

    size: tuple[int, int]
    rate: int
    seconds: int
    preset: str


KINDS = {
    "hd": Kind((1920, 1080), 30, 10, "veryfast"),
    "4k": Kind((3840, 2160), 60, 6, "superfast"),
}


class Watched:
    """What was painted, and what was heard at that moment.

    Attributes:
        frames: numbers.
        apart: seconds by which the frame's time is ahead of the sound; below 0 it came late.
        notes: what stood beside the readings.
    """

    def __init__(self, player: PlayerWidget, device: Device, times: Sequence[float]) -> None:
        self.frames: list[int] = []
        self.apart: list[float] = []
        self.notes: set[str] = set()
        self._player, self._device, self._times = player, device, times
        self._paint = player.view.paintEvent
        player.view.paintEvent = self._painted  # type: ignore[method-assign]

    def _painted(self, event: QPaintEvent) -> None:
        self._paint(event)
        player, heard = self._player, self._device.played() / RATE
        number = player.current_frame
        if number is None or not player.playing or heard <= 0 or self.frames[-1:] == [number]:
            return
        self.frames.append(number)
        self.apart.append(float(self._times[number]) - heard)
        self.notes |= {player.transport.note.whole, player.view.lag}


def make(path: Path, kind: Kind) -> None:
    """Write the video, in a process of its own."""
    pattern = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes=3:b-adapt=0"
    made_apart(
        lambda: make_sounding(
            path,
            frames=kind.seconds * kind.rate,
            frame_rate=kind.rate,
            sound=clicks(kind.seconds),
            size=kind.size,
            group=GROUP,
            pictures=pictures(kind.size),
            options={"preset": kind.preset, "crf": "23", "x264-params": pattern},
        )
    )


def played(path: Path, kind: Kind) -> tuple[Watched, int]:
    """Play it twice from its first frame on; what was seen, and how many frames were to follow."""
    index, device = build_frame_index(path), Device()
    player = PlayerWidget(sound=Sound(find_device=lambda: "device", open_sink=device.open))
    player.resize(960, 600)
    player.show()
    player.show_exhibit(path, index)
    until(lambda: player.settled and player.sound.usable and player.previews.ended)
    watched = Watched(player, device, index.times)
    for _ in range(LOOPS):
        player.seek(0)
        until(lambda: player.settled)
        rest(0.5)
        player.play()
        until(lambda: not player.playing)
    player.close()
    return watched, LOOPS * (kind.rate * kind.seconds - 1)


def judged(name: str, path: Path) -> bool:
    """Print how well the picture kept to the sound; whether that is good enough."""
    kind = KINDS[name]
    watched, count = played(path, kind)
    apart = np.array(watched.apart)
    low, middle, high = np.percentile(apart, [2.5, 50, 97.5]) * 1000
    shown, lasts = len(watched.frames), 1 / kind.rate
    near = float(np.mean(np.abs(apart) <= lasts))
    quarter = max(shown // 4, 1)
    drift = float(np.median(apart[-quarter:]) - np.median(apart[:quarter])) * 1000
    print(
        f"{kind.size[1]}p, {kind.rate} frames/s: {shown} of {count} frames shown, "
        f"{1 - shown / count:.1%} left out\n"
        f"    ahead of the sound when painted: median {middle:+.0f} ms, 95 % of frames from "
        f"{low:+.0f} to {high:+.0f} ms, farthest {min(apart) * 1000:+.0f} ms; "
        f"{near:.1%} within one frame\n"
        f"    from the first quarter to the last it drifted by {drift:+.1f} ms\n"
        f"    said on screen: {', '.join(sorted(watched.notes)[-3:]) or 'nothing'}"
    )
    late = bool(np.any(apart < -LATE)) and not any("behind" in note for note in watched.notes)
    left_out = shown < count and not any("not shown" in note for note in watched.notes)
    return (
        not late and not left_out and abs(drift) <= lasts * 1000 and (name != "hd" or near > 0.95)
    )


def main() -> None:
    """Measure each kind that is named, or all."""
    application = make_application()
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    good = True
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = str(Path(folder) / "settings")
        for name in sys.argv[1:] or KINDS:
            path = Path(folder) / f"{name}.mov"
            make(path, KINDS[name])
            good = judged(name, path) and good
    application.quit()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
