"""Frames of an exhibit as pictures, each with what it takes to find it again and to check it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

import workstation
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.exports import Written, refuse
from workstation.cases.outgoing import LISTING, outgoing, place_of
from workstation.cases.plain_json import utc_now
from workstation.cases.records import Exhibit, FrameIndex, Stretch
from workstation.errors import DecodeError, ExhibitError
from workstation.evidence.frames import Frame, FrameReader, read_frames
from workstation.evidence.verification import sound_copy

FORMAT = 1
HOW = (
    "Decoded to 8-bit RGB and turned upright, as analysed and as shown; not enhanced and not "
    "resized. picture_sha256 covers the RGB bytes, row by row from the upper left corner. "
    "exhibit_sha256 is the acquisition hash; the exhibit was not hashed again for this export."
)

Announce = Callable[[int, int], object]


@dataclass(frozen=True)
class FrameTaken:
    """A frame that was exported.

    Attributes:
        picture: the PNG.
        sidecar: the JSON beside it.
        facts: what the sidecar says, plain JSON.
    """

    picture: Written
    sidecar: Written
    facts: dict[str, Any]


@dataclass(frozen=True)
class FramesTaken:
    """A stretch of frames that was exported.

    Attributes:
        folder: where the pictures lie.
        sidecar: the JSON beside them; its hash stands for all, since it holds theirs.
        pictures: how many.
        lost: stretches that could not be decoded and have no picture.
    """

    folder: Path
    sidecar: Written
    pictures: int
    lost: tuple[Stretch, ...]


def sidecar_of(picture: Path) -> Path:
    """Where the facts about an exported picture are written."""
    return picture.with_name(picture.name + ".json")


def take_frame(
    case: Case, number: str, frame: int, target: Path, *, overwrite: bool = False
) -> FrameTaken:
    """Export one frame at full resolution as PNG, with a sidecar, and enter it in the log.

    Args:
        case: open for writing.
        number: the exhibit's.
        frame: number of the frame, from 0.
        target: the PNG to write; the sidecar has the same name with ".json" behind it.
        overwrite: whether the examiner agreed to replace files that are there.

    Raises:
        ExhibitError: there is no such frame, or the exhibit cannot be read.
        DecodeError: the frame cannot be decoded; the sentence says why.
        WorkstationError: the place is taken, the case's own, or cannot be written.
    """
    exhibit, index = case.exhibits.get(number), case.exhibits.index(number)
    _check(index, frame, frame)
    refuse(case, target, "The frame", overwrite=overwrite)
    sidecar = sidecar_of(target)
    refuse(case, sidecar, "The frame", overwrite=overwrite)
    reader = FrameReader(sound_copy(case, exhibit), index, cache_bytes=1)
    try:
        found = reader.read(frame)
    finally:
        reader.close()
    content = _png(found.pixels)
    facts = {
        **_origin(case, exhibit),
        **_frame_facts(found, index, content, target.name),
        "how": HOW,
    }
    with outgoing(case) as out:
        picture = out.write(target, content, "The frame", overwrite=overwrite)
        beside = out.write(sidecar, _json(facts), "The sidecar", overwrite=overwrite)
        out.enter(
            lambda: case.custody.append(
                Act.FRAME_EXPORTED,
                number,
                frame=frame,
                time_s=facts["time_s"],
                output=place_of(target),
                written_as=out.written_as,
                sha256=picture.sha256,
                sidecar_sha256=beside.sha256,
                picture_sha256=facts["picture_sha256"],
            )
        )
    return FrameTaken(picture, beside, facts)


def take_frames(
    case: Case,
    number: str,
    first: int,
    last: int,
    folder: Path,
    *,
    announce: Announce | None = None,
) -> FramesTaken:
    """Export frames first..last (inclusive) as PNG into a new folder, and enter it in the log.

    Args:
        case: open for writing.
        number: the exhibit's.
        first: number of the first frame.
        last: number of the last frame.
        folder: is made; its sidecar is "frames.json".
        announce: is told frames done and their total; what it raises ends the export, and nothing
            of it is left.

    Raises:
        ExhibitError: there are no such frames, or the exhibit cannot be read.
        WorkstationError: the folder exists, is the case's own, or cannot be written.
    """
    exhibit, index = case.exhibits.get(number), case.exhibits.index(number)
    _check(index, first, last)
    refuse(case, folder, "The frames")
    path = sound_copy(case, exhibit)
    with outgoing(case) as out:
        with out.writing(folder, "The frames") as part:
            part.mkdir()
            listed, lost = _write_frames(path, index, (number, first, last), part, announce)
            facts = {
                **_origin(case, exhibit),
                "first": first,
                "last": last,
                "frames": listed,
                "undecodable": [[one.first, one.last, one.reason] for one in lost],
                "how": HOW,
            }
            content = _json(facts)
            (part / LISTING).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        out.enter(
            lambda: case.custody.append(
                Act.CLIP_EXPORTED,
                number,
                form="frames",
                first=first,
                last=last,
                output=place_of(folder),
                written_as=out.written_as,
                pictures=len(listed),
                undecodable=last + 1 - first - len(listed),
                sidecar_sha256=digest,
            )
        )
    beside = Written(folder / LISTING, digest, len(content))
    return FramesTaken(folder, beside, len(listed), tuple(lost))


def _write_frames(
    path: Path,
    index: FrameIndex,
    stretch: tuple[str, int, int],
    folder: Path,
    announce: Announce | None,
) -> tuple[list[dict[str, Any]], list[Stretch]]:
    number, first, last = stretch
    listed: list[dict[str, Any]] = []
    lost: list[Stretch] = []
    for item in read_frames(path, index, first, last + 1):
        if isinstance(item, Stretch):
            lost.append(item)
            continue
        name = f"{number} frame {item.number:06d}.png"
        content = _png(item.pixels)
        (folder / name).write_bytes(content)
        listed.append(_frame_facts(item, index, content, name))
        if announce is not None:
            announce(item.number + 1 - first, last + 1 - first)
    return listed, lost


def _check(index: FrameIndex, first: int, last: int) -> None:
    if not 0 <= first <= last < len(index):
        raise ExhibitError(
            f"The exhibit has frames 0 to {len(index) - 1}; {first} to {last} are not all among "
            "them. Choose others."
        )


def _png(pixels: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".png", pixels[:, :, ::-1])
    if not done:
        raise DecodeError("The frame could not be written as PNG; it may be too large.")
    return bytes(data)


def _origin(case: Case, exhibit: Exhibit) -> dict[str, Any]:
    """What every sidecar begins with."""
    return {
        "format": FORMAT,
        "case": case.facts.number,
        "examiner": case.facts.examiner,
        "exported_utc": utc_now(),
        "program": f"Deepfake Forensics Workstation {workstation.__version__}",
        "decoder": f"PyAV {av.__version__}, libavcodec {_libavcodec()}",
        "exhibit": exhibit.number,
        "original_name": exhibit.original_name,
        "exhibit_sha256": exhibit.hashes.sha256,
    }


def _libavcodec() -> str:
    return ".".join(str(part) for part in av.library_versions["libavcodec"])


def _frame_facts(frame: Frame, index: FrameIndex, content: bytes, name: str) -> dict[str, Any]:
    height, width = frame.pixels.shape[:2]
    return {
        "file": name,
        "frame": frame.number,
        "time_s": round(frame.time, 6),
        "pts": int(index.pts[frame.number]),
        "time_base": list(index.time_base),
        "timestamps_from_container": index.timestamps,
        "key_frame": bool(index.key[frame.number]),
        "width": width,
        "height": height,
        "picture_sha256": hashlib.sha256(np.ascontiguousarray(frame.pixels).tobytes()).hexdigest(),
        "png_sha256": hashlib.sha256(content).hexdigest(),
    }


def _json(facts: dict[str, Any]) -> bytes:
    return (json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
