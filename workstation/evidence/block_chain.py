"""Whether the blocks of a Matroska file follow one another without a break.

Every element says what it is and how long (EBML, RFC 8794; Matroska, RFC 9559). Where that is
damaged, FFmpeg goes on with the next element or cluster that it knows, and says nothing of the
frames that it left out.
"""

import os
from pathlib import Path
from typing import Any

from workstation.errors import ExhibitError

_BLOCKS = (0xA3, 0xA1)  # SimpleBlock, Block
_PARENTS = (0x18538067, 0x1F43B675, 0xA0)  # Segment, Cluster, BlockGroup
# What else may lie among blocks with one byte for what it is, of all there are (RFC 9559, 27.1).
_SHORT = bytes.fromhex("e7 a7 ab af ec bf 9b a2 a4 fa fb fd 8e c8")
_MOST_STEPS = 10_000
_LONGEST_HEAD = 12  # bytes: 4 of what it is and 8 of its length


class BlockChain:
    """Looks at packets in the order in which they are read.

    Args:
        path: a Matroska file.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._at: int | None = None
        self._end: int | None = None

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def begin_anew(self) -> None:
        """The next packet is read elsewhere."""
        self._at = self._end = None

    def breaks_at(self, packet: Any) -> bool:
        """Whether something was left out before a packet, or before the end if it is empty."""
        return self.breaks(packet.pos) if packet.size else self.breaks_off()

    def breaks(self, position: int | None) -> bool:
        """Whether something was left out before a packet.

        Args:
            position: of the packet, as PyAV gives it; None where it is not known.
        """
        if position is None or position == self._at:
            return False  # several frames in one block
        end, self._at = self._end, position
        broken = end is not None and not self._leads(end, position)
        self._end = self._end_of_block(position)
        return broken

    def breaks_off(self) -> bool:
        """Whether something was left out behind the packet that was looked at last."""
        length = os.fstat(self._file).st_size
        return self._end is not None and not self._leads(self._end, length, ends=True)

    def _leads(self, at: int | None, position: int, *, ends: bool = False) -> bool:
        """Whether elements follow one another up to a block's content, or the end of the file."""
        for _ in range(_MOST_STEPS):
            if at is None or at >= position:
                return ends and at == position
            kind, begin, size = self._element(at)
            if kind in _BLOCKS and begin == position:
                return True
            at = self._behind(kind, begin, size)
        return True  # nobody knows

    def _behind(self, kind: int, begin: int, size: int) -> int | None:
        """Where to look on behind an element's head; None where it should not be there."""
        if kind in _PARENTS:
            return begin
        if kind in _BLOCKS:
            # One of another track; a block of the same was left out.
            ours = self._at is not None and self._read(begin)[:1] == self._read(self._at)[:1]
            return None if ours else begin + size
        return begin + size if kind > 0xFF or kind in _SHORT else None

    def _element(self, at: int) -> tuple[int, int, int]:
        """What an element is, where its content begins, and how long that is; 0 if it is none."""
        data = self._read(at)
        length = 9 - data[0].bit_length() if data else 0
        more = 9 - data[length].bit_length() if length < len(data) else 9
        if not (0 < length <= 4 and more <= 8 and length + more <= len(data)):
            return 0, at, 0
        size = int.from_bytes(data[length : length + more], "big") & ((1 << 7 * more) - 1)
        return int.from_bytes(data[:length], "big"), at + length + more, size

    def _end_of_block(self, position: int) -> int | None:
        """Where the block ends whose content begins there."""
        for length in range(1, 9):
            kind, begin, size = self._element(max(position - length - 1, 0))
            if kind in _BLOCKS and begin == position:
                return begin + size
        return None

    def _read(self, at: int) -> bytes:
        try:
            os.lseek(self._file, at, os.SEEK_SET)
            return os.read(self._file, _LONGEST_HEAD)
        except OSError:
            return b""  # a bad sector, say: nothing follows from there


def chain_of(container: Any, path: Path) -> BlockChain | None:
    """The blocks of a container that PyAV has opened; None where it is no Matroska file.

    Raises:
        ExhibitError: the file cannot be opened any more.
    """
    if not container.format.name.startswith("matroska"):
        return None
    try:
        return BlockChain(path)
    except OSError as error:
        raise ExhibitError(f"“{path.name}” cannot be opened as media: {error.strerror}.") from error
