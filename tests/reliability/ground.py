"""What the reliability tests stand on: a short clip, cases prepared for each act, commands."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av

from workstation.cases.lock import HOLDER_NAME
from workstation.commands.demo import CLIP

ROOT = Path(__file__).parents[2]
FRAMES, RATE = 80, 4
PADDING = 24 * 2**20  # behind the clip, so that copying and hashing last long enough to be hit
TOKEN = "WORKSTATION_RELIABILITY"
CLIP_ASKED = ("E001", "3", "14")
_HOMES = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")


@dataclass(frozen=True)
class Act:
    """One command that is broken off.

    Attributes:
        base: the prepared case it starts from, "" for none.
        words: its command line, from the case folder and the ground's folder.
        begun: the file in the case folder whose appearance says that it is at work.
    """

    name: str
    base: str
    words: Callable[[Path, Path], list[str]]
    begun: str = HOLDER_NAME


def report_of(case: Path) -> Path:
    """Where the report of a case is written."""
    return case / "reports" / "report.pdf"


def clip_of(case: Path) -> Path:
    """Where a clip of a case is written."""
    return case / "reports" / "clip.mp4"


ACTS = (
    Act(
        "create",
        "",
        lambda case, _: ["case", "create", str(case), "--number", "1", "--examiner", "A. Examiner"],
    ),
    Act("intake", "empty", lambda case, at: ["exhibit", "add", str(case), str(at / "clip.mp4")]),
    Act(
        "analysis",
        "filled",
        lambda case, _: ["analyse", str(case), "--device", "cpu"],
        "cache.sqlite",
    ),
    Act(
        "report",
        "analysed",
        lambda case, _: ["report", str(case), "--output", str(report_of(case))],
    ),
    Act(
        "clip",
        "filled",
        lambda case, _: ["export", "clip", str(case), *CLIP_ASKED, "--output", str(clip_of(case))],
    ),
)


class Ground:
    """A folder with the clip and one case per state, made by the real commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._home = {name: str(folder / name) for name in _HOMES}
        self.environment = os.environ | self._home
        self.environment["PYTHONPATH"] = str(ROOT)
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """Be of the account that the commands ran under: what it kept counts for nobody else."""
        before = {name: os.environ.get(name) for name in self._home}
        os.environ.update(self._home)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                os.environ.update({name: value} if value is not None else {})

    def prepare(self) -> None:
        """Make the clip and the cases: empty, filled with the clip, analysed."""
        make_clip(self.folder / "clip.mp4")
        before = None
        for act, made in zip(ACTS, ("empty", "filled", "analysed"), strict=False):
            if before is not None:
                shutil.copytree(self.folder / before, self.folder / made)
            before = made
            self.command(act.words(self.folder / made, self.folder))

    def case(self, act: Act, name: str) -> Path:
        """A fresh copy of the case that an act starts from."""
        folder = self.folder / "rounds" / name
        folder.parent.mkdir(exist_ok=True)
        if act.base:
            shutil.copytree(self.folder / act.base, folder)
        return folder

    def command(self, words: list[str]) -> None:
        """Run a command to its end."""
        subprocess.run(
            [sys.executable, "-m", "workstation", *words],
            env=self.environment,
            cwd=self.folder,
            check=True,
            capture_output=True,
        )

    def start(self, words: list[str], token: str, *prefix: str) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own, recognisable by its token."""
        return subprocess.Popen(
            [sys.executable, "-m", *(prefix or ("workstation",)), *words],
            env=self.environment | {TOKEN: token},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def make_clip(path: Path, frames: int = FRAMES, padding: int = PADDING) -> Path:
    """The first frames of the demonstration clip, shown slowly, so that they make several chunks.

    Args:
        path: the MP4 to write.
        frames: how many.
        padding: bytes of an empty box behind the video.
    """
    with av.open(str(CLIP)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"preset": "ultrafast", "threads": "1"}
        stream.codec_context.gop_size = 10
        for number, frame in zip(range(frames), source.decode(video=0), strict=False):
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    if padding:
        with path.open("ab") as out:
            out.write(padding.to_bytes(4, "big") + b"free" + bytes(padding - 8))
    return path
