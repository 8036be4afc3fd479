"""Check sums inside packets that FFmpeg's decoders compare and keep to themselves.

FFV1 from version 3 on ends every slice with its size and, where the recording asks for it, a CRC
(RFC 9043, 4.8 and 4.9). FFmpeg decodes a slice whose CRC disagrees as if nothing was. Which of the
two a recording's slices end in is read from its record: coded bytes may spell either.
"""

import zlib

from workstation.evidence.ffv1_record import has_slice_checks

CODECS = ("ffv1",)
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_SIZE, _ERROR, _CRC = 3, 1, 4  # bytes at the end of a slice
# What the CRC begins with, and comes to over a sound slice, lowest bit first: 0, or the value that
# FFmpeg's later versions take so that zeros do not fit.
_BEGINNINGS = (0, 0x5E31029E)


def disagrees(codec: str, extradata: bytes | None, data: bytes) -> bool:
    """Whether a packet's own check sums say that it is not what was written.

    Args:
        codec: FFmpeg's name of it; only those of `CODECS` are known to carry any.
        extradata: what the stream says before its first packet.
        data: of the packet.

    Returns:
        False also where it carries none.
    """
    if codec not in CODECS or not extradata or not _sound(extradata):
        return False  # before version 2 there is no record
    checked = has_slice_checks(extradata)
    if checked is None:
        return False  # nor are there sizes of all slices before version 3
    slices = _slices(data, _SIZE + (_ERROR + _CRC if checked else 0))
    return slices is None or (checked and not all(_sound(one) for one in slices))


def _slices(data: bytes, footer: int) -> list[bytes] | None:
    """A packet's slices, if footers of so many bytes lead from its end to its beginning."""
    found, end = [], len(data)
    while end > 0:
        at = end - footer
        begin = at - int.from_bytes(data[max(at, 0) : at + _SIZE], "big")
        if at < 0 or begin < 0 or begin == at:
            return None
        found.append(data[begin:end])
        end = begin
    return found


def _sound(data: bytes) -> bool:
    """Whether the CRC at the end fits: CRC-32 (IEEE 802.3), highest bit first, not inverted."""
    turned = data.translate(_REVERSED)
    return any(
        zlib.crc32(turned, start ^ 0xFFFFFFFF) ^ 0xFFFFFFFF == start for start in _BEGINNINGS
    )
