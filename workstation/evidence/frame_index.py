"""The frame index: every frame's number, timestamp and key flag."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from workstation.cases.records import FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence import hidden, pulse
from workstation.evidence.block_chain import chain_of
from workstation.evidence.isolation.asking import ask
from workstation.evidence.isolation.messages import Garbled
from workstation.evidence.isolation.wire import MOST_FRAMES, index_received
from workstation.evidence.media import is_picture, open_video, said, video_stream

# These containers carry a presentation timestamp for every frame; the others do not always.
_TIMED_FORMATS = ("mov,mp4", "matroska")

# A pause among frames is told where so many are equally far apart, and but few otherwise.
_FEWEST_DISTANCES, _MOST_PAUSES = 24, 0.05
_SLACK, _ROUNDING = 0.02, Fraction(1, 1000)


@dataclass
class _Packets:
    """What demuxing found, in decoding order."""

    pts: list[int | None]
    dts: list[int | None]
    key: list[bool]
    discarded: int = 0
    empty: int = 0
    breaks: int = 0
    joints: int = 0
    ended: str = ""


def build_frame_index(path: Path) -> FrameIndex:
    """Index a media file, in a worker: demux all of it and sort its frames by presentation time.

    MP4, QuickTime, Matroska and WebM are not decoded. Other containers do not always tell when a
    frame is shown, so they are decoded once; where their timestamps turn out not to be those of the
    frames, frames are numbered in the order in which the decoder gives them
    (`FrameIndex.timestamps` is then False). Frames that an edit list cuts out are not numbered.
    Frames that the table of contents announces and the file no longer holds are numbered, so that
    they can be reported as undecodable; the remark says so.

    Raises:
        ExhibitError: not one frame was found.
    """
    message, data = ask("index", path)
    try:
        return index_received(message.get("index"), data)
    except Garbled as error:
        raise ExhibitError(
            f"“{path.name}” cannot be indexed: {error}. Obtain the original."
        ) from error


def index_of(path: Path) -> FrameIndex:
    """What `build_frame_index` gives, made in this very process.

    Raises:
        ExhibitError: as `build_frame_index` does.
    """
    if is_picture(path):
        return FrameIndex(np.zeros(1, np.int64), np.ones(1, np.bool_), (1, 1), 0.0)
    with open_video(path) as container:
        stream = video_stream(container)
        if stream is None:
            raise ExhibitError("The file holds no video stream. Choose a file with a picture.")
        timed = container.format.name.startswith(_TIMED_FORMATS)
        packets = _demux(container, stream, path)
        remarks = _remarks(packets)
        complete = None not in packets.pts and len(set(packets.pts)) == len(packets.pts)
        announced = _announced(container, stream)
        time_base = stream.time_base or Fraction(1, 1000)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
    if not packets.pts:
        raise ExhibitError(
            "The file announces a video, but not one frame of it is there. Obtain the original."
        )
    if complete and (timed or _decodes_in_order(path)):
        pts = np.array(packets.pts, dtype=np.int64)
        key = np.array(packets.key, dtype=np.bool_)
        missing = _missing(pts, announced)
        if len(missing):
            remarks.append(
                f"The file is cut off: {len(missing)} of {len(pts) + len(missing)} frames that its "
                "table of contents announces are missing, and their timestamps are estimated."
            )
        pts = np.concatenate([pts, missing])
        key = np.concatenate([key, np.zeros(len(missing), np.bool_)])
        order = np.argsort(pts, kind="stable")
        # Where an edit list joins parts of a recording, FFmpeg's times leave pauses.
        remarks += [] if packets.joints else _pauses(pts[order], time_base)
        return _index(pts[order], key[order], time_base, remarks, timestamps=True)
    return _decoding_order(path, packets, time_base, rate, remarks)


def _demux(container: Any, stream: Any, path: Path) -> _Packets:
    packets = _Packets([], [], [])
    invisible = _INVISIBLE.get(stream.codec_context.name)
    chain, before = chain_of(container, path), None
    try:
        for packet in pulse.packets(container, stream):
            packets.joints += hidden.begins_part(packet, before)
            before = packet
            packets.breaks += chain is not None and chain.breaks_at(packet)
            if packet.size == 0:
                # The last packet of a container is empty by design and has no timestamp.
                packets.empty += packet.dts is not None
            elif packet.is_discard:
                packets.discarded += 1
            elif invisible is None or not invisible(bytes(packet)):
                packets.pts.append(packet.pts)
                packets.dts.append(packet.dts)
                packets.key.append(packet.is_keyframe)
                if len(packets.pts) > MOST_FRAMES:
                    raise ExhibitError(
                        f"The file holds more than {MOST_FRAMES:,} frames, or says so without end; "
                        "so many are not examined. Obtain it in parts."
                    )
    except av.FFmpegError as error:
        packets.ended = said(error)
    finally:
        if chain is not None:
            chain.close()
    return packets


def _readable(container: Any, stream: Any) -> Iterator[Any]:
    """Packets as far as the container can be read; `_demux` has noted why no further."""
    with suppress(av.FFmpegError):
        yield from pulse.packets(container, stream)


def _hidden_vp8(data: bytes) -> bool:
    """Whether a VP8 packet is not shown (RFC 6386, 9.1)."""
    return not data[0] >> 4 & 1


def _hidden_vp9(data: bytes) -> bool:
    """Whether a VP9 packet is one frame that is not shown (VP9 bitstream, 6.2 and annex B)."""
    if data[-1] & 0xE0 == 0xC0:
        return False  # a superframe, which ends in a shown frame
    profile = (data[0] >> 5 & 1) | (data[0] >> 4 & 1) << 1
    bits = int.from_bytes(data[:2].ljust(2, b"\0"))
    at = 16 - (5 if profile == 3 else 4)
    show_existing = bits >> (at - 1) & 1
    return not show_existing and not bits >> (at - 3) & 1


_INVISIBLE = {
    "vp8": _hidden_vp8,
    "libvpx": _hidden_vp8,
    "vp9": _hidden_vp9,
    "libvpx-vp9": _hidden_vp9,
}


def _remarks(packets: _Packets) -> list[str]:
    remarks = []
    if packets.ended:
        remarks.append(f"Reading the container ended early ({packets.ended}).")
    if packets.breaks:
        where = f"{packets.breaks} places" if packets.breaks > 1 else "one place"
        remarks.append(f"The file's structure is damaged in {where}, where frames may be missing.")
    if packets.discarded:
        remarks.append(f"An edit list hides {packets.discarded} frames; they are not numbered.")
    if packets.empty:
        remarks.append(f"{packets.empty} packets are empty and show no new frame; not numbered.")
    return remarks


def _pauses(pts: NDArray[np.int64], time_base: Fraction) -> list[str]:
    """What is to be said where frames are missing from among others that are all as far apart.

    Some containers pass over what is damaged, up to where they find their way again, and what was
    there leaves nothing but a pause. Where distances differ anyway, a pause says nothing.

    Args:
        pts: of the frames, rising, int64 (N,), in time_base.
        time_base: seconds.
    """
    apart = np.diff(pts)
    if len(apart) < _FEWEST_DISTANCES:
        return []
    usual = float(np.median(apart))
    long = np.flatnonzero(apart > 1.5 * usual)
    others = np.delete(apart, long)
    # Matroska rounds times to milliseconds.
    slack = max(_SLACK * usual, float(_ROUNDING / time_base), 1.0)
    if not 0 < len(long) <= len(apart) * _MOST_PAUSES or np.abs(others - usual).max() > slack:
        return []
    first = int(long[0])
    frames = round(int(apart[first]) / float(others.mean())) - 1
    amount = f"the time of {frames} frames" if frames > 1 else "the time of one frame"
    where = f"Between frames {first} and {first + 1} there is no frame for {amount}"
    more = f", and there are {len(long) - 1} more such pauses" if len(long) > 1 else ""
    return [f"{where}, though all others are equally far apart{more}: recorded so, or lost."]


def _announced(container: Any, stream: Any) -> NDArray[np.int64]:
    """Decoding timestamps of all samples in an MP4's table of contents, else none."""
    if not container.format.name.startswith("mov,mp4"):
        return np.zeros(0, np.int64)
    entries = [entry.timestamp for entry in stream.index_entries if not entry.is_discard]
    return np.array(sorted(entries), dtype=np.int64)


def _missing(pts: NDArray[np.int64], announced: NDArray[np.int64]) -> NDArray[np.int64]:
    """Timestamps of announced frames that are not in the file.

    At a constant rate the presentation timestamps are the decoding timestamps, shifted; otherwise
    the missing frames follow the last one at the median distance.
    """
    count = len(announced) - len(pts)
    if count <= 0:
        return np.zeros(0, np.int64)
    shifted = announced - announced[0] + pts.min()
    absent: NDArray[np.int64] = np.setdiff1d(shifted, pts)
    if len(absent) == count:
        return absent
    step = max(1, int(np.median(np.diff(announced))))
    following: NDArray[np.int64] = pts.max() + step * np.arange(1, count + 1, dtype=np.int64)
    return following


def _decodes_in_order(path: Path) -> bool:
    """Whether the decoder gives every packet's frame, in the order of the packets' timestamps."""
    with open_video(path) as container:
        stream = video_stream(container)
        last = None
        packets = frames = 0
        for count, packet in enumerate(_readable(container, stream)):
            packets += bool(packet.size)
            try:
                decoded = pulse.decode(packet, count)
            except (av.FFmpegError, pulse.Refused):
                frames += 1  # a damaged frame has a number, too
                continue
            for frame in decoded:
                frames += 1
                if frame.pts is None or (last is not None and frame.pts <= last):
                    return False
                last = frame.pts
    return packets == frames


def _decoding_order(
    path: Path,
    packets: _Packets,
    time_base: Fraction,
    rate: Fraction,
    remarks: list[str],
) -> FrameIndex:
    """Number the frames in the order in which the decoder gives them."""
    key = []
    with open_video(path) as container:
        stream = video_stream(container)
        stream.thread_type = "SLICE"
        stream.codec_context.thread_count = 1
        readable = pulse.with_following(_readable(container, stream))
        for count, (packet, _) in enumerate(hidden.in_parts(readable)):
            try:
                frames = pulse.decode(packet, count)
                key += [bool(frame.key_frame) for frame in frames]
            except av.FFmpegError:
                continue
            except pulse.Refused as refusal:
                remarks.append(f"Frames from {len(key)} on cannot be counted: {refusal}.")
                break
    if not key:
        raise ExhibitError(
            "The file announces a video, but not one frame of it can be decoded. Obtain the "
            "original."
        )
    lost = len(packets.pts) - len(key)
    remarks.append(
        "The container does not say when each frame is shown: frames are numbered in the order in "
        "which the decoder gives them."
    )
    if lost > 0:
        remarks.append(f"{lost} packets give no frame; they are not numbered.")
    times = sorted({dts for dts in packets.dts if dts is not None})
    if len(times) >= len(key):
        pts = np.array(times[: len(key)], dtype=np.int64)
    else:
        remarks.append(f"Times are counted at {float(rate):.3f} frames per second.")
        time_base, pts = 1 / Fraction(rate), np.arange(len(key), dtype=np.int64)
    return _index(pts, np.array(key, np.bool_), time_base, remarks, timestamps=False)


def _index(
    pts: NDArray[np.int64],
    key: NDArray[np.bool_],
    time_base: Fraction,
    remarks: list[str],
    *,
    timestamps: bool,
) -> FrameIndex:
    span = float((int(pts[-1]) - int(pts[0])) * time_base)
    return FrameIndex(
        pts=pts,
        key=key,
        time_base=(time_base.numerator, time_base.denominator),
        average_rate=(len(pts) - 1) / span if span > 0 else 0.0,
        remark=" ".join(remarks),
        timestamps=timestamps,
    )
