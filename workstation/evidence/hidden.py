"""Frames that an edit list hides: decoded, as others are built on them, and never shown.

FFmpeg lets go of their pictures, and with them of what its decoders only mark as damaged. So
decoders are given these packets as if they were to be shown, with a time that no frame has.
"""

from collections.abc import Iterator
from typing import Any

import av

# Decoders that conceal damage, mark the picture and go on; others refuse it, or notice nothing.
CODECS = (
    *("h264", "mpeg4", "mpeg1video", "mpeg2video", "vc1", "wmv3", "wmv1", "wmv2"),
    *("h263", "flv", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "rv10", "rv20", "rv30", "rv40"),
)
# Far from every time of a frame, and from the one that FFmpeg has for "no time" (-2 ** 63).
_FIRST = -(2**62)
_LAST = _FIRST + 2**60


def is_revealed(packet: Any) -> bool:
    """Whether an edit list hides a packet, and its decoder is to give its picture all the same."""
    hides = packet.is_discard and packet.pts is not None
    return bool(hides) and packet.stream.codec_context.name in CODECS


def revealed(packet: Any, order: int) -> Any:
    """What a decoder is given of a packet: itself, or one that it gives the picture of.

    Its own time may be that of a frame which another part of the edit list shows.

    Args:
        packet: as PyAV gives it.
        order: what `order_of` its frame is to say, at least 0.
    """
    if not is_revealed(packet):
        return packet
    made = av.Packet(packet.size)
    made.update(packet)
    made.stream, made.time_base = packet.stream, packet.time_base
    made.pts, made.dts = _FIRST + order, packet.dts
    made.is_keyframe, made.is_corrupt = packet.is_keyframe, packet.is_corrupt
    for data in packet.iter_sidedata():
        made.set_sidedata(data, move=True)
    return made


def order_of(frame: Any) -> int | None:
    """The order that a frame's packet was `revealed` with; None where nothing hides the frame."""
    hidden = frame.pts is not None and _FIRST <= frame.pts < _LAST
    return frame.pts - _FIRST if hidden else None


def in_parts(packets: Iterator[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Packets, each with the one after it, whose decoder begins anew with each part of a recording.

    An edit list may show parts that lie far from one another, or again what it has shown. Their
    packets come one part after the other, those behind the end of a part up to a key frame. Between
    them comes an empty packet, which has the decoder give what it holds back.
    """
    before = None
    for packet, following in packets:
        if begins_part(packet, before):
            last = av.Packet()
            last.stream = packet.stream
            yield last, None
            packet.stream.codec_context.flush_buffers()
        yield packet, following
        before = packet


def begins_part(packet: Any, before: Any) -> bool:
    """Whether another part begins with a packet; `before`: the one before it, or None."""
    if before is None or not (packet.is_keyframe and (before.is_discard or packet.is_discard)):
        return False
    return None not in (packet.dts, before.dts) and bool(packet.dts < before.dts)
