"""What a container says about itself, as plain JSON."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from workstation.cases.plain_json import plain
from workstation.errors import ExhibitError
from workstation.evidence import pulse
from workstation.evidence.isolation.asking import ask
from workstation.evidence.isolation.wire import MOST_PIXELS
from workstation.evidence.media import (
    display_matrix,
    is_picture,
    open_video,
    read_picture,
    said,
    video_stream,
)
from workstation.evidence.picture_size import announced_size

_ENCODER_TAGS = ("encoder", "encoded_by", "handler_name", "vendor_id", "com.android.version")


def probe(path: Path) -> tuple[dict[str, Any], str]:
    """Read the container facts of a media file, in a worker.

    Returns:
        The facts, plain JSON (format, duration_s, bit_rate, width, height, rotation, codec,
        frame_rate, streams, metadata, created, encoder, warnings, ...), and the media type,
        "video" or "picture".

    Raises:
        ExhibitError: the file is empty, no media, or holds no picture; the sentence says what was
            found.
    """
    message, _ = ask("probe", path)
    facts, media_type = message.get("facts"), message.get("media_type")
    if not isinstance(facts, dict) or media_type not in ("video", "picture"):
        raise ExhibitError(f"“{path.name}” cannot be read: what it says of itself makes no sense.")
    return facts, media_type


def facts_of(path: Path) -> tuple[dict[str, Any], str]:
    """What `probe` gives, read in this very process.

    Raises:
        ExhibitError: as `probe` does.
    """
    if path.stat().st_size == 0:
        raise ExhibitError("The file is empty. Copy it again from where it came from.")
    picture = is_picture(path)
    _refuse_too_large(*(announced_size(path) or (0, 0)))
    try:
        with open_video(path) as container:
            facts = _facts(container)
    except ExhibitError as error:
        if error.__cause__ is None:
            raise
        raise ExhibitError(_not_media(path, said(error.__cause__))) from error
    if picture:
        height, width = read_picture(path).shape[:2]
        facts |= {"width": width, "height": height, "rotation": 0, "duration_s": 0.0}
        facts |= {"frame_rate": 0.0}
    plain_facts: dict[str, Any] = plain(facts)
    return plain_facts, "picture" if picture else "video"


def _not_media(path: Path, words: str) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if head[4:8] in (b"ftyp", b"mdat", b"moov", b"wide", b"free"):
        return (
            "The file begins as MP4 or QuickTime, but its table of contents (moov) is missing or "
            "damaged: the recording was cut off, and no frame can be located. Obtain the original."
        )
    if not any(head):
        return (
            "The file begins with zeros only, as a failed copy does. Copy it again from where it "
            "came from."
        )
    if head.lstrip().startswith((b"#EXTM3U", b"ffconcat", b"v=0", b"<?xml")):
        return (
            "The file is a list that names other files, and no recording itself. Obtain the files "
            "that it names and add those."
        )
    return (
        f"The file is not a video or picture that can be read ({words}). Check that it is the "
        "right file, or obtain the original."
    )


def _facts(container: Any) -> dict[str, Any]:
    stream = video_stream(container)
    if stream is None:
        kinds = sorted({s.type for s in container.streams}) or ["nothing"]
        raise ExhibitError(
            f"The file holds no video: its format is {container.format.long_name}, and its streams "
            f"are {', '.join(kinds)}. Choose a file with a picture."
        )
    if not stream.codec_context or not (stream.codec_context.width or stream.codec_context.height):
        raise ExhibitError(
            "The file announces a video stream, but not one frame of it is there. Obtain the "
            "original."
        )
    size = stream.codec_context.width, stream.codec_context.height
    _refuse_too_large(*size)
    warnings: list[str] = []
    matrix, orientation = _orientation(container, stream, warnings)
    width, height = size if matrix[0] else size[::-1]
    ratio = stream.sample_aspect_ratio
    if ratio not in (None, Fraction(1), Fraction(0)):
        warnings.append(f"The pixels are not square ({ratio}); frames are shown unstretched.")
    if len(container.streams.video) > 1:
        warnings.append("The file holds several video streams; the first is examined.")
    metadata = dict(container.metadata)
    tags = {**dict(stream.metadata), **metadata}
    return {
        "format": container.format.name,
        "format_title": container.format.long_name,
        "duration_s": _seconds(container.duration, Fraction(1, av.time_base)),
        "bit_rate": container.bit_rate,
        "width": width,
        "height": height,
        "rotation": orientation,
        "codec": stream.codec_context.name,
        "frame_rate": float(stream.average_rate or stream.guessed_rate or 0),
        "created": tags.get("creation_time", ""),
        "encoder": {name: tags[name] for name in _ENCODER_TAGS if name in tags},
        "metadata": metadata,
        "streams": [_stream_facts(s) for s in container.streams],
        "warnings": warnings,
    }


def _refuse_too_large(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise ExhibitError(
            f"The picture has {width:,} × {height:,} pixels; more than {MOST_PIXELS:,} in all are "
            "not decoded. Obtain a smaller version beside it."
        )


def _orientation(
    container: Any, stream: Any, warnings: list[str]
) -> tuple[tuple[int, int, int, int], int]:
    """Display matrix and its rotation in degrees, clockwise, of the first frame that decodes."""
    try:
        for frame in _frames(container, stream):
            matrix = display_matrix(frame)
            rotation = -frame.rotation % 360
            if rotation % 90:
                warnings.append(
                    f"The container asks for a rotation of {rotation} degrees; only quarter turns "
                    "are applied."
                )
            if matrix[0] * matrix[3] - matrix[1] * matrix[2] < 0:
                warnings.append("The container asks for a mirrored picture; it is applied.")
            return matrix, int(rotation)
    except (av.FFmpegError, ValueError, pulse.Refused) as error:
        warnings.append(f"The first frames could not be decoded ({said(error)}).")
    return (1, 0, 0, 1), 0


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    for count, packet in enumerate(pulse.packets(container, stream)):
        yield from pulse.decode(packet, count)


def _stream_facts(stream: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "index": stream.index,
        "type": stream.type,
        "language": stream.language or "",
        "metadata": dict(stream.metadata),
    }
    context = stream.codec_context
    if context is None:
        return facts
    facts |= {
        "codec": context.name,
        "codec_title": context.codec.long_name if context.codec else "",
        "profile": stream.profile or "",
        "bit_rate": context.bit_rate,
        "time_base": _ratio(stream.time_base),
        "start": stream.start_time,
        "duration_s": _seconds(stream.duration, stream.time_base),
        "frames_announced": stream.frames,
    }
    if stream.type == "video":
        facts |= {
            "pixel_format": context.pix_fmt or "",
            "width": context.width,
            "height": context.height,
            "sample_aspect_ratio": _ratio(stream.sample_aspect_ratio),
            "average_rate": _ratio(stream.average_rate),
            "nominal_rate": _ratio(stream.base_rate),
            "b_frames": bool(context.has_b_frames),
            "cover_picture": bool(stream.disposition & av.stream.Disposition.attached_pic),
        }
    elif stream.type == "audio":
        facts |= {"sample_rate": context.sample_rate, "channels": context.channels}
    return facts


def _ratio(value: Fraction | None) -> str:
    return "" if value is None else f"{value.numerator}/{value.denominator}"


def _seconds(value: int | None, unit: Fraction | None) -> float | None:
    return None if value is None or unit is None else float(value * unit)
