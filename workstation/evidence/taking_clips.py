"""A clip as a copy of its packets: nothing is decoded or encoded again, so nothing is lost.

Workers read the exhibit, and the clip that comes of it; this process only writes what they give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.exports import Written, read_back, refuse
from workstation.cases.outgoing import outgoing, place_of
from workstation.cases.records import CustodyEntry, Exhibit, FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence.cutting import Stream
from workstation.evidence.isolation.messages import Garbled, Message
from workstation.evidence.isolation.remote import GARBLED, Died, Worker, again_from_outside
from workstation.evidence.isolation.wire import share_of, whole, words
from workstation.evidence.verification import sound_copy

SUFFIXES = {"mov,mp4": ".mp4", "matroska": ".mkv", "mpegts": ".ts", "avi": ".avi"}
OTHER = ".mkv"
DIGEST = 32  # bytes of a SHA-256
MOST_GROWTH, MOST_OVERHEAD = 4, 64 * 2**20  # of a copy beside the whole exhibit, and bytes
MOST_GIVEN = 40  # the same of all that a worker gives: packets may be smaller than their digests

NOT_HASHED = "The exhibit was not hashed again for this export."

Announce = Callable[[int, int], object]


@dataclass(frozen=True)
class ClipTaken:
    """A clip that was exported as a copy of packets.

    Attributes:
        file: the clip.
        first: number of the exhibit's frame that is the clip's first: the key frame at or before
            the one asked for.
        asked: first and last frame asked for.
        frames: frames in the clip, those before and behind the stretch asked for among them.
        packets: packets copied, of every stream.
        equal: packets that were read back from the clip with exactly the bytes of the exhibit.
        streams: kinds of streams copied, such as "video" and "audio".
    """

    file: Written
    first: int
    asked: tuple[int, int]
    frames: int
    packets: int
    equal: int
    streams: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What the clip is, and what it is not."""
        first, last = self.asked
        before = first - self.first
        lead = (
            f"It begins {before} frames earlier, with key frame {self.first}, because decoding can "
            "begin nowhere else. "
            if before
            else ""
        )
        same = (
            f"All {self.packets} packets are the exhibit's, byte for byte; only their timestamps "
            "were moved to begin at zero."
            if self.equal == self.packets
            else f"Only {self.equal} of {self.packets} packets could be read back unchanged: the "
            "container holds them in another form. Export the frames where every byte counts."
        )
        return f"Frames {first} to {last} as a copy of packets. {lead}{same} {NOT_HASHED}"


def clip_suffix(exhibit: Exhibit) -> str:
    """The suffix of the container that holds the exhibit's packets as they are."""
    name = str(exhibit.facts.get("format", ""))
    return next((suffix for start, suffix in SUFFIXES.items() if name.startswith(start)), OTHER)


def take_clip(
    case: Case,
    number: str,
    first: int,
    last: int,
    target: Path,
    *,
    overwrite: bool = False,
    announce: Announce | None = None,
) -> ClipTaken:
    """Export frames first..last (inclusive) as a copy of packets, and enter it in the log.

    Picture and sound are copied from the key frame at or before `first` on; behind `last` come a
    few more frames where the decoder needs them. The clip is read back and compared.

    Args:
        case: open for writing.
        number: the exhibit's.
        first: number of the first frame.
        last: number of the last frame.
        target: file to write; its suffix chooses the container (see `clip_suffix`).
        overwrite: whether the examiner agreed to replace a file that is there.
        announce: is told packets read and about how many there are; what it raises ends the export,
            and nothing of it is left.

    Raises:
        ExhibitError: there are no such frames, the exhibit cannot be read, tells no timestamps, or
            its packets do not fit into that container.
        WorkstationError: the place is taken, the case's own, or cannot be written.
    """
    exhibit, index = case.exhibits.get(number), case.exhibits.index(number)
    start = _start(exhibit, index, first, last)
    refuse(case, target, "The clip", overwrite=overwrite)
    path = sound_copy(case, exhibit)
    with outgoing(case) as out:
        with out.writing(target, "The clip", overwrite=overwrite) as part:
            # FFmpeg chooses the container by the suffix, which the name of the part does not have.
            held = part.with_name(f"{part.name}{target.suffix}")
            try:
                copied = _copy(path, index, start, last, held, announce)
                equal = _compare(held, copied)
                held.replace(part)
            finally:
                held.unlink(missing_ok=True)
            found = read_back(part)
        written = Written(target, found.sha256, found.size)
        taken = ClipTaken(written, start, (first, last), *_counts(copied, equal))
        out.enter(lambda: _entry(case, number, taken, out.written_as))
    return taken


def _entry(case: Case, number: str, taken: ClipTaken, written_as: list[str]) -> CustodyEntry:
    return case.custody.append(
        Act.CLIP_EXPORTED,
        number,
        form="packets",
        first=taken.asked[0],
        last=taken.asked[1],
        from_key_frame=taken.first,
        frames=taken.frames,
        packets=taken.packets,
        packets_equal=taken.equal,
        output=place_of(taken.file.path),
        written_as=written_as,
        sha256=taken.file.sha256,
    )


def _counts(copied: Sequence[Stream], equal: int) -> tuple[int, int, int, tuple[str, ...]]:
    frames = next(len(one.digests) for one in copied if one.kind == "video") // DIGEST
    packets = sum(len(one.digests) for one in copied) // DIGEST
    return frames, packets, equal, tuple(one.kind for one in copied)


def _start(exhibit: Exhibit, index: FrameIndex, first: int, last: int) -> int:
    if not 0 <= first <= last < len(index):
        raise ExhibitError(
            f"The exhibit has frames 0 to {len(index) - 1}; {first} to {last} are not all among "
            "them. Choose others."
        )
    if exhibit.media_type != "video" or not index.timestamps:
        raise ExhibitError(
            f"{exhibit.number} does not tell when each of its packets is shown, so a stretch of it "
            "cannot be copied. Export the frames instead."
        )
    keys = np.flatnonzero(index.key[: first + 1])
    if not len(keys):
        raise ExhibitError(
            f"No key frame comes before frame {first}, so a copy could not be decoded. Export the "
            "frames instead."
        )
    return int(keys[-1])


def _copy(
    path: Path, index: FrameIndex, start: int, last: int, target: Path, announce: Announce | None
) -> list[Stream]:
    """Let a worker read the exhibit, and write what it gives."""
    total = last + 1 - start
    most = MOST_GROWTH * path.stat().st_size + MOST_OVERHEAD

    def heard(message: Message, data: bytearray) -> None:
        if announce is not None:
            announce(round(total * share_of(message)), total)
        if "at" in message:
            file.seek(whole(message["at"], 0, most - len(data)))
            file.write(data)

    target.unlink(missing_ok=True)
    with target.open("xb") as file:  # never through a link that somebody laid there
        more = {"start": start, "last": last, "suffix": target.suffix}

        def cut() -> list[Stream]:
            file.truncate(0)
            return _listed("cut", path, index, heard, **more)

        copied = _asked(cut, path)
    if not copied or copied[0].kind != "video" or len(copied[0].digests) < DIGEST * total:
        raise ExhibitError(f"“{path.name}” cannot be copied: {GARBLED}. Export the frames instead.")
    return copied


def _compare(target: Path, copied: Sequence[Stream]) -> int:
    """How many packets of the copy hold exactly the bytes that were to be copied."""
    found = _asked(lambda: _listed("packets", target, None, lambda *_: None), target)
    return sum(
        one.digests[place : place + DIGEST] == another.digests[place : place + DIGEST]
        for one, another in zip(copied, found, strict=False)
        for place in range(0, min(len(one.digests), len(another.digests)), DIGEST)
    )


def _asked(do: Callable[[], list[Stream]], path: Path) -> list[Stream]:
    """What a worker lists, asked once more where it did not end of the file.

    Raises:
        ExhibitError: it died of the file, or made no sense.
    """
    try:
        return again_from_outside(do)
    except (Died, Garbled) as error:
        reason = error.reason if isinstance(error, Died) else GARBLED
        raise ExhibitError(
            f"The packets of “{path.name}” cannot be copied: {reason}. Export the frames instead."
        ) from error


def _listed(
    do: str,
    path: Path,
    index: FrameIndex | None,
    heard: Callable[[Message, bytearray], object],
    **more: Any,
) -> list[Stream]:
    """The streams that a worker lists at the end of its work.

    Raises:
        Died: it ended before that.
        Garbled: it made no sense.
    """
    streams: list[Stream] = []
    given, most = 0, MOST_GIVEN * path.stat().st_size + MOST_OVERHEAD
    with closing(Worker(do, path, index, **more)) as worker:
        while True:
            message, data = worker.answer()
            given = whole(given + len(data), 0, most)
            if message.get("end"):
                return streams
            if "kind" in message:
                streams.append(Stream(words(message["kind"]), b""))
            elif "digests" in message and streams:
                whole(len(data) % DIGEST, 0, 0)
                streams[-1] = replace(streams[-1], digests=streams[-1].digests + bytes(data))
            else:
                heard(message, data)
