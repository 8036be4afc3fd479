"""Which packets can be left out on the way to a frame, because no other frame is built on them."""

from collections.abc import Callable
from typing import Any

from workstation.evidence.nal_units import Data, length_size, unit_starts

IsExpendable = Callable[[Data], bool]

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
    length = length_size(codec.name, extra)
    if codec.name == "h264":
        return lambda packet: _h264(packet, length)
    if codec.name == "hevc" and length and (extra[21] >> 3) & 7 == 1:
        return lambda packet: _hevc(packet, length)
    return None


def end_of_sequence(codec: Any) -> bytes:
    """A packet that says that an H.264 sequence ends (ITU-T H.264, 7.3.2.5).

    Args:
        codec: PyAV's codec context of the stream.
    """
    length = length_size("h264", codec.extradata)
    return (1).to_bytes(length or 3, "big") + b"\x0a"


def _h264(packet: Data, length: int) -> bool:
    heads = [packet[at : at + 1] for at in unit_starts(packet, length)]
    heads = [head for head in heads if head and head[0] & 31 in _H264_MATTER]
    return bool(heads) and all(head == _H264_SLICE for head in heads)


def _hevc(packet: Data, length: int) -> bool:
    heads = [packet[at : at + 2] for at in unit_starts(packet, length)]
    heads = [head for head in heads if head and head[0] >> 1 & 63 in _HEVC_MATTER]
    return bool(heads) and all(head in _HEVC_SLICES for head in heads)
