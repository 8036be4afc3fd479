"""Power cuts: a disk from which everything is gone that was not forced onto it.

A small ext4 in a file, mounted over a loop device (Linux, root). At the cut the command is killed,
the file system shut down without writing anything more (`EXT4_IOC_SHUTDOWN`), and mounted again.
"""

import fcntl
import os
import struct
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.reliability.ground import Act, Ground
from tests.reliability.kills import Killing, Tally
from tests.reliability.remains import left_behind

MEGABYTES = 1500
_SHUTDOWN, _NOTHING_MORE = 0x8004587D, 2  # linux/ext4.h: EXT4_IOC_SHUTDOWN, GOING_FLAGS_NOLOGFLUSH
_TRIES = 50


class Disk:
    """The disk.

    Args:
        file: where it is made.
        place: an empty folder, where it is mounted.

    Raises:
        subprocess.CalledProcessError: it cannot be made or mounted here.
    """

    def __init__(self, file: Path, place: Path) -> None:
        self._file, self.place = file, place
        with file.open("wb") as made:
            made.truncate(MEGABYTES * 2**20)
        _run("mkfs.ext4", "-q", "-F", str(file))
        self._mount()

    def cut(self) -> None:
        """Have the power fail, and come back."""
        folder = os.open(self.place, os.O_RDONLY)
        fcntl.ioctl(folder, _SHUTDOWN, struct.pack("I", _NOTHING_MORE))
        os.close(folder)
        self.leave()
        self._mount()

    def leave(self) -> None:
        """Take it off."""
        for _ in range(_TRIES):
            if subprocess.run(["umount", str(self.place)], check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise RuntimeError("the disk is still in use")

    def _mount(self) -> None:
        # Without what ext4 does for programs that force nothing onto the disk.
        _run("mount", "-o", "loop,noauto_da_alloc", str(self._file), str(self.place))


class SafeGround(Ground):
    """Cases that lie safely on the disk before something is done with them."""

    def case(self, act: Act, name: str) -> Path:
        """A fresh copy of the case that an act starts from."""
        folder = super().case(act, name)
        os.sync()
        return folder


class Cutting(Killing):
    """Rounds that end with a power cut.

    Args:
        disk: on which the ground lies.
        ground: prepared.
        seed: of the moments and steps.
        acts: names of those to break off.
    """

    def __init__(self, disk: Disk, ground: Ground, seed: int, acts: Sequence[str]) -> None:
        super().__init__(ground, seed, acts)
        self._disk = disk
        os.sync()

    def _judge(self, act: Act, case: Path, name: str, used: set[bytes], tally: Tally) -> str:
        left_behind(name, used)  # its children go with it; nobody may hold the disk
        self._disk.cut()
        return super()._judge(act, case, name, used, tally)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)
