"""What a worker does for a clip: it copies packets, and reads them back.

It can write no file: what it makes goes to this program piece by piece, with the place of each.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workstation.cases.records import FrameIndex
from workstation.evidence import cutting
from workstation.evidence.isolation.desk import Desk
from workstation.evidence.isolation.messages import Message

_LISTED = 2**20  # bytes of digests in one message


class _Outlet:
    """A file that this program writes for the worker."""

    def __init__(self, desk: Desk, suffix: str) -> None:
        self.name = f"clip{suffix}"
        self._desk, self._place, self._end = desk, 0, 0
        self._share = 0.0

    def write(self, data: bytes) -> int:
        self._desk.say({"at": self._place, "share": self._share}, data)
        self._place += len(data)
        self._end = max(self._end, self._place)
        return len(data)

    def seek(self, place: int, whence: int = 0) -> int:
        self._place = place + (0, self._place, self._end)[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def reached(self, share: float) -> None:
        self._share = share
        self._desk.share(share)


def cut(desk: Desk, path: Path, index: FrameIndex | None, request: Message) -> None:
    """Packets of a stretch, copied into a container of their own.

    Args:
        desk: where the container's bytes go, then what was copied.
        path: the exhibit's copy.
        index: its frame index.
        request: `start` and `last` frame, and the `suffix` that chooses the container.
    """
    assert index is not None
    out = _Outlet(desk, request["suffix"])
    first, last = request["start"], request["last"]
    _list(desk, cutting.copy_packets(path, index, first, last, out, out.reached))


def packets(desk: Desk, path: Path, *_: object) -> None:
    """Digests of all packets of a file."""
    _list(desk, cutting.packets_of(path))


def _list(desk: Desk, streams: Iterable[cutting.Stream]) -> None:
    for one in streams:
        desk.say({"kind": one.kind})
        for place in range(0, len(one.digests), _LISTED):
            desk.say({"digests": True}, one.digests[place : place + _LISTED])
    desk.say({"end": True})
