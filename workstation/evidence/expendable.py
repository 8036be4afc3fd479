"""Which packets can be left out on the way to a frame, because no other frame is built on them."""

from collections.abc import Callable, Iterator
from typing import Any

IsExpendable = Callable[[bytes], bool]

_H264_SLICE = b"\x01"  # nal_ref_idc 0, a slice of a picture that is no key picture
_H264_MATTER = (1, 2, 3, 4, 5, 7, 8)  # slices and parameter sets
_HEVC_SLICES = tuple(bytes((kind << 1, 1)) for kind in range(0, 16, 2))  # one layer, lowest one
_HEVC_MATTER = (*range(35),)  # pictures and parameter sets


def expendable_test(codec: Any) -> IsExpendable | None:
    """A test of a stream's packets, or None where its codec tells nothing that can be relied on.

    H.264 marks pictures that none other is built on with `nal_ref_idc` 0 (ITU-T H.264, 7.4.1). HEVC
    marks those that none of the same temporal layer is built on (ITU-T H.265, table 7-1), which is
    the same where the stream says that it has one layer only (ISO/IEC 14496-15, 8.3.3.1).

    Args:
        codec: PyAV's codec context of the stream.
    """
    extra = bytes(codec.extradata or b"")
    if codec.name == "h264":
        length = _length(extra)
        return lambda packet: _h264(packet, length)
    if codec.name == "hevc" and len(extra) > 22 and extra[0] == 1 and (extra[21] >> 3) & 7 == 1:
        length = (extra[21] & 3) + 1
        return lambda packet: _hevc(packet, length)
    return None


def end_of_sequence(codec: Any) -> bytes:
    """A packet that says that an H.264 sequence ends (ITU-T H.264, 7.3.2.5).

    Args:
        codec: PyAV's codec context of the stream.
    """
    length = _length(bytes(codec.extradata or b""))
    return (1).to_bytes(length or 3, "big") + b"\x0a"


def _length(extra: bytes) -> int:
    """Bytes of an H.264 unit's length; 0 where units begin with 00 00 01 instead."""
    return (extra[4] & 3) + 1 if len(extra) > 6 and extra[0] == 1 else 0


def _h264(packet: bytes, length: int) -> bool:
    heads = [packet[at : at + 1] for at in _units(packet, length)]
    heads = [head for head in heads if head and head[0] & 31 in _H264_MATTER]
    return bool(heads) and all(head == _H264_SLICE for head in heads)


def _hevc(packet: bytes, length: int) -> bool:
    heads = [packet[at : at + 2] for at in _units(packet, length)]
    heads = [head for head in heads if head and head[0] >> 1 & 63 in _HEVC_MATTER]
    return bool(heads) and all(head in _HEVC_SLICES for head in heads)


def _units(packet: bytes, length: int) -> Iterator[int]:
    """Where each NAL unit begins: after its length in so many bytes, or (0) after 00 00 01."""
    if not length:
        at = packet.find(b"\0\0\1")
        while at >= 0:
            yield at + 3
            at = packet.find(b"\0\0\1", at + 3)
        return
    at = length
    while at < len(packet):
        yield at
        at += int.from_bytes(packet[at - length : at], "big") + length
