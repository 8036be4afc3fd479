"""What an FFV1 stream's configuration record says of the end of its slices.

Read as RFC 9043 has it (3.8.1 the range coder, 4.1 parameters, 4.3 the record). FFmpeg keeps what
it reads there to itself.
"""

from dataclasses import dataclass, field
from functools import lru_cache

_CONTEXT = 32  # states of a symbol
_MOST_TABLES, _MOST_CONTEXTS, _MOST_BITS = 8, 32768, 32
_CRC = 4  # bytes at the end, which the coder does not read
_BEHIND = 2  # bytes of zeros that a range decoder may read past the end
_CHECKED = (3, 4)  # versions whose records are sealed, and whose slices tell their sizes


class _OddError(Exception):
    """The record is none."""


@lru_cache(maxsize=8)
def has_slice_checks(record: bytes) -> bool | None:
    """Whether every slice ends in a CRC.

    Args:
        record: the stream's extradata, whose own CRC fits.

    Returns:
        None for a version without slices that all tell their sizes, and for what is no record.
    """
    coder = _RangeDecoder(record[:-_CRC])
    try:
        version = coder.symbol(coder.states)
        return coder.slice_checks() if version in _CHECKED else None
    except _OddError:
        return None


def _transitions() -> tuple[list[int], list[int]]:
    """The state that follows each after a 0, and after a 1 (RFC 9043, 3.8.1.5)."""
    whole, step, most = 2**32, round(0.05 * 2**32 - 0.5), 256 - 8
    ones = [0] * 256
    chance, last = whole // 2, 0
    for _ in range(128):
        following = max((256 * chance + whole // 2) >> 32, last + 1)
        if 0 < last < 256 and following <= most:
            ones[last] = following
        chance += ((whole - chance) * step + whole // 2) >> 32
        last = following
    for state in range(256 - most, most + 1):
        if not ones[state]:
            chance = (state * whole + 128) >> 8
            chance += ((whole - chance) * step + whole // 2) >> 32
            following = (256 * chance + whole // 2) >> 32
            ones[state] = min(max(following, state + 1), most)
    zeros = [0] + [256 - ones[256 - state] if state < 255 else 0 for state in range(1, 256)]
    return zeros, ones


_AFTER = _transitions()


def _fresh() -> list[int]:
    return [128] * _CONTEXT


@dataclass
class _RangeDecoder:
    """Reads the record's symbols; `low`, `range` and the states are those of RFC 9043, 3.8.1."""

    data: bytes
    at: int = 2
    range: int = 0xFF00
    low: int = field(init=False)
    states: list[int] = field(default_factory=_fresh)

    def __post_init__(self) -> None:
        self.low = int.from_bytes(self.data[:2].ljust(2, b"\0"))

    def bit(self, states: list[int], which: int = 0) -> int:
        """The next bit, coded with one of the states, which changes."""
        share = self.range * states[which] >> 8
        self.range -= share
        bit = int(self.low >= self.range)
        if bit:
            self.low -= self.range
            self.range = share
        states[which] = _AFTER[bit][states[which]]
        if self.range < 0x100:
            self.range <<= 8
            self.low = self.low << 8 | (self.data[self.at] if self.at < len(self.data) else 0)
            self.at += 1
            if self.at > len(self.data) + _BEHIND or not self.range:
                raise _OddError
        return bit

    def symbol(self, states: list[int], *, signed: bool = False) -> int:
        """The next number (RFC 9043, 3.8.1.2)."""
        if self.bit(states):
            return 0
        bits = 0
        while self.bit(states, 1 + min(bits, 9)):
            bits += 1
            if bits >= _MOST_BITS:
                raise _OddError
        value = 1
        for place in reversed(range(bits)):
            value = value << 1 | self.bit(states, 22 + min(place, 9))
        return -value if signed and self.bit(states, 11 + min(bits, 10)) else value

    def slice_checks(self) -> bool:
        """`ec`, from behind the version on."""
        states = self.states
        self.symbol(states)  # micro_version
        if self.symbol(states) > 1:  # coder_type: with state transitions of its own
            for _ in range(255):
                self.symbol(states, signed=True)
        for _ in range(2):  # colorspace_type, bits_per_raw_sample
            self.symbol(states)
        self.bit(states)  # chroma_planes
        for _ in range(2):  # log2_h_chroma_subsample, log2_v_chroma_subsample
            self.symbol(states)
        self.bit(states)  # extra_plane
        for _ in range(2):  # num_h_slices - 1, num_v_slices - 1
            self.symbol(states)
        count = self.symbol(states)  # quant_table_set_count
        if not 0 < count <= _MOST_TABLES:
            raise _OddError
        for contexts in [self._contexts() for _ in range(count)]:
            if self.bit(states):  # states_coded
                self._pass_initial_states(contexts)
        return self.symbol(states) > 0

    def _contexts(self) -> int:
        """Pass by a set of quantization tables; how many contexts they make."""
        product = 1
        for _ in range(5):
            states, values, filled = _fresh(), 0, 0
            while filled < 128:
                filled += self.symbol(states) + 1
                values += 1
            product *= 2 * values - 1
            if filled > 128 or product > _MOST_CONTEXTS:
                raise _OddError
        return (product + 1) // 2

    def _pass_initial_states(self, contexts: int) -> None:
        states = [_fresh() for _ in range(_CONTEXT)]
        for _ in range(contexts):
            for one in states:
                self.symbol(one, signed=True)
