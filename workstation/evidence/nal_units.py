"""NAL units of H.264 and HEVC, and bytes in them that the standards keep out of them.

Inside a NAL unit two zero bytes are followed neither by 0 nor by 1 nor by 2: encoders put a 3
between them, so that nothing in it looks like the beginning of another one (emulation prevention;
ITU-T H.264, 7.3.1 and 7.4.1; ITU-T H.265, 7.3.1.1 and 7.4.2.1). FFmpeg's decoders read three zeros
as if they were data. Where they stand, something was laid over what had been written.
"""

import re

Data = bytes | memoryview

CODECS = ("h264", "hevc")
# Two zeros and a 1 or 2, or all of the zeros where there are three or more.
_STRANGE = re.compile(rb"\x00\x00(?:[\x01\x02]|\x00++)")
_START = re.compile(rb"\x00\x00\x01")
_H264_SLICES = range(1, 6)  # with data partitions; table 7-1
_HEVC_SLICES = range(32)  # H.265, table 7-1


def length_size(codec: str, extradata: bytes | None) -> int:
    """Bytes of a unit's length in a stream's packets; 0 where units begin with 00 00 01 instead.

    Args:
        codec: FFmpeg's name of it.
        extradata: what the stream says before its first packet (ISO/IEC 14496-15, 5.3.3.1.2 and
            8.3.3.1.2), or parameter sets that begin with 00 00 01, or nothing.
    """
    place = 4 if codec == "h264" else 21
    if not extradata or extradata[0] != 1 or len(extradata) < place + (3 if place == 4 else 2):
        return 0
    return (extradata[place] & 3) + 1


def may_be_cavlc(extradata: bytes | None) -> bool:
    """Whether pictures of an H.264 stream may be coded with variable-length codes.

    The picture parameter sets say so (ITU-T H.264, 7.3.2.2: `entropy_coding_mode_flag`).

    Args:
        extradata: as for `length_size`.

    Returns:
        True also where there is no picture parameter set.
    """
    sets = [unit for unit in _parameter_sets(extradata or b"") if unit[:1] and unit[0] & 31 == 8]
    return not sets or not all(_is_cabac(unit) for unit in sets)


def _parameter_sets(extradata: bytes) -> list[bytes]:
    if extradata[:1] != b"\1":
        return [one.strip(b"\0") for one in extradata.split(b"\0\0\1")]
    found, at = [], 5
    for mask in (31, 255):  # sequence, then picture parameter sets
        count, at = (extradata[at : at + 1] or b"\0")[0] & mask, at + 1
        for _ in range(count):
            begin = at + 2
            at = begin + int.from_bytes(extradata[at:begin], "big")
            found.append(extradata[begin:at])
    return found


def _is_cabac(unit: bytes) -> bool:
    """Whether a picture parameter set's flag, after two numbers (9.1), is 1."""
    bits, at = "".join(f"{byte:08b}" for byte in unit[1:9]), 0
    for _ in range(2):
        zeros = bits.find("1", at) - at
        at += 2 * zeros + 1 if zeros >= 0 else len(bits)
    return bits[at : at + 1] == "1"


def unit_starts(packet: Data, length: int) -> list[int]:
    """Where each NAL unit begins: after its length in so many bytes, or (0) after 00 00 01.

    Returns:
        Nothing where lengths do not fit the packet.
    """
    if length:
        return [begin for begin, _ in _bounds(packet, length)]
    return [found.end() for found in _START.finditer(packet)]


def is_overwritten(codec: str, extradata: bytes | None, data: Data) -> bool:
    """Whether a slice in a packet holds what no NAL unit can.

    Zeros at the end of a unit are none of it: some programs leave them there. Nor are zeros that
    lead to a 1, as in a start code, nor anything in units other than slices.

    Args:
        codec: FFmpeg's name of it; one of `CODECS`.
        extradata: as for `length_size`.
        data: of the packet.

    Returns:
        False also where the lengths of units do not fit the packet: decoders tell of that.
    """
    length = length_size(codec, extradata)
    if not length:
        return _holds_strange(codec, data, 0, len(data), inside=False)
    if _STRANGE.search(data, length) is None:
        return False  # nearly always, and soon: where units lie need not be known
    return any(
        _is_slice(codec, data, begin) and _holds_strange(codec, data, begin, end, inside=True)
        for begin, end in _bounds(data, length)
    )


def runs_on(codec: str, extradata: bytes | None, data: Data, following: Data) -> bool:
    """Whether zeros at the end of a packet go on over the next, whose first unit has no length.

    Args:
        codec: FFmpeg's name of it; one of `CODECS`.
        extradata: as for `length_size`.
        data: of the packet.
        following: what the next packet begins with, at least 4 bytes.
    """
    length = length_size(codec, extradata)
    return bool(length) and data[-1:] == b"\0" and following[:length] == bytes(length)


def _bounds(data: Data, length: int) -> list[tuple[int, int]]:
    """Begin and end of each unit; none where they do not fit (fewer than 4 bytes are a rest)."""
    found, at = [], 0
    while len(data) - at >= max(length, 4):
        begin = at + length
        at = begin + int.from_bytes(data[at:begin], "big")
        if at == begin or at > len(data):
            return []
        found.append((begin, at))
    return found


def _holds_strange(codec: str, data: Data, begin: int, end: int, *, inside: bool) -> bool:
    """Whether it is in a slice between two places; `inside`: whether a slice begins there."""
    for found in _STRANGE.finditer(data, begin, end):
        after = found.end()
        if data[after - 1] == 0:
            if after == end:
                return False
            after += 1
        if data[after - 1] == 1:
            inside = _is_slice(codec, data, after)
        elif inside:
            return True
    return False


def _is_slice(codec: str, data: Data, at: int) -> bool:
    """Whether the unit that begins there is one of the pictures that are shown."""
    head = data[at : at + 2]
    if codec == "h264":
        return bool(head) and head[0] & 31 in _H264_SLICES
    return (
        len(head) == 2 and head[0] >> 1 & 63 in _HEVC_SLICES and not (head[0] & 1 or head[1] >> 3)
    )
