"""What FFmpeg's decoder of H.264 keeps of a damaged frame, and adds to a later one.

Where variable-length codes (CAVLC) end amid a block, the coefficients read so far stay in the
decoder. The next block at that place takes them up, in whatever frame, beyond a key frame even.
"""

from typing import Any

import av

from workstation.evidence import hidden, nal_units, pulse


def may_leak(codec: Any) -> bool:
    """Whether a decoder may keep some of a damaged frame; `codec` is PyAV's context of a stream."""
    return codec.name == "h264" and nal_units.may_be_cavlc(codec.extradata)


def leaks(packet: Any, number: int | None) -> bool:
    """Whether a decoder that is given a packet may keep some of it, as it is damaged.

    Args:
        packet: of a frame that is built on no other, as PyAV gives it.
        number: of its frame.
    """
    own = packet.stream.codec_context
    if not (packet.size and may_leak(own)):
        return False
    codec: Any = av.CodecContext.create(own.name, "r")
    codec.extradata, codec.thread_count = own.extradata, 1
    try:
        frames = pulse.decode(hidden.revealed(packet, 0), number, codec)
        frames += pulse.decode(None, number, codec)
    except (av.FFmpegError, pulse.Refused):
        return True
    return any(frame.is_corrupt for frame in frames)
