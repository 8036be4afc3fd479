"""How much of what damage leaves in a recording is shown as if it were sound.

    ./run python -m tests.evidence.unnoticed [--places 36] [--without]

Packets of small recordings are overwritten at random places; every frame that is then shown with
other pixels than before is damage that was taken for sound.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.evidence.test_passing import KINDS, PICTURES
from tests.videos import make_video
from workstation.evidence import pulse
from workstation.evidence.frame_index import index_of
from workstation.evidence.reading import Frame, read_frames

RECORDINGS = ("pyramid", "open groups", "slices", "intra refresh", "transport stream", "hevc")
Shown = dict[int, NDArray[np.uint8]]
Overwrite = Callable[[random.Random, bytes], bytes]


def _zeros(count: int) -> Overwrite:
    return lambda rng, data: bytes(min(count, len(data)))


def _chance(count: int) -> Overwrite:
    return lambda rng, data: rng.randbytes(min(count, len(data)))


def _flip(rng: random.Random, data: bytes) -> bytes:
    return bytes([data[0] ^ 1 << rng.randrange(8)])


DAMAGE: dict[str, Overwrite] = {
    **{f"{count} zeros": _zeros(count) for count in (2500, 512, 16, 4, 3, 2, 1)},
    **{f"{count} random bytes": _chance(count) for count in (512, 16)},
    "1 bit": _flip,
}


@dataclass
class Tally:
    """What became of one kind of damage: numbers of damaged files, and of frames in them."""

    tried: int = 0
    taken: int = 0
    wrong: list[int] = field(default_factory=list)
    lost: int = 0

    def add(self, shown: Shown, whole: Shown) -> None:
        """Count one damaged file."""
        wrong = sum(not np.array_equal(pixels, whole[at]) for at, pixels in shown.items())
        self.tried += 1
        self.lost += len(whole) - len(shown)
        self.taken += bool(wrong)
        self.wrong.append(wrong)


def read(path: Path) -> Shown:
    """Frames that are shown, by their timestamps, of a file as it is taken into a case."""
    index = index_of(path)
    found = read_frames(path, index, 0, len(index))
    return {int(index.pts[one.number]): one.pixels for one in found if isinstance(one, Frame)}


def places(path: Path, count: int) -> Iterator[tuple[int, int]]:
    """Random places in the video's packets, and where the last of these ends."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        spans = [(one.pos, one.size) for one in container.demux(stream) if one.size and one.pos]
    rng = random.Random(path.name)
    for _ in range(count):
        begin, size = rng.choices(spans, [size for _, size in spans])[0]
        yield begin + rng.randrange(size), max(begin + size for begin, size in spans)


def measure(path: Path, overwrite: Overwrite, count: int) -> Tally:
    """Damage a recording at so many places, one at a time."""
    tally, data, whole = Tally(), path.read_bytes(), read(path)
    damaged, rng = path.with_name(f"damaged{path.suffix}"), random.Random(count)
    for place, end in places(path, count):
        patch = overwrite(rng, data[place:end])
        damaged.write_bytes(data[:place] + patch + data[place + len(patch) :])
        tally.add(read(damaged), whole)
    return tally


def main() -> None:
    """Print a table: of how many damaged files frames were taken for sound, and how many frames."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=36)
    parser.add_argument("--without", action="store_true", help="as before packets were looked at")
    parser.add_argument("--recordings", nargs="*", default=RECORDINGS)
    parser.add_argument("--damage", nargs="*", default=DAMAGE, choices=DAMAGE)
    asked = parser.parse_args()
    if asked.without:
        pulse.told_by = lambda packet, following=None: ""
    print(
        f"{'recording':18}{'damage':18}{'files':>6}{'taken for sound':>17}"
        f"{'frames':>8}{'worst':>7}{'lost':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in asked.recordings:
            name, arguments, _ = KINDS[kind]
            path = Path(folder) / f"{kind}{Path(name).suffix}"
            make_video(path, **{"group": 45, **arguments, "pictures": PICTURES})  # type: ignore[arg-type]
            for damage in asked.damage:
                tally = measure(path, DAMAGE[damage], asked.places)
                print(
                    f"{kind:18}{damage:18}{tally.tried:6}{tally.taken:17}"
                    f"{sum(tally.wrong):8}{max(tally.wrong):7}{tally.lost:8}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
