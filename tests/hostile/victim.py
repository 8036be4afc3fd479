"""The program's side of the trial: takes each file in and does all that is done with an exhibit.

Started by the runner with a case folder; reads lines of JSON, {"path": ...}, from its input and
answers each with one line on its output.
"""

import json
import sys
import traceback
from pathlib import Path
from random import Random
from typing import Any

from workstation.cases.case import Case
from workstation.cases.records import Exhibit, FrameIndex, Stretch
from workstation.errors import DecodeError, WorkstationError
from workstation.evidence.frames import FrameReader, read_frames
from workstation.evidence.intake import add_exhibit
from workstation.evidence.isolation import remote
from workstation.evidence.sound import NoSound, SoundReader, waveform
from workstation.evidence.taking_clips import clip_suffix, take_clip

REFUSED, WHOLE, DAMAGED, FAULT = "refused", "whole", "damaged", "fault"
MOST_FRAMES, CLIP_FRAMES = 400, 40
_VISITS, _SECONDS_OF_SOUND, _BUCKETS = 6, 20, 50


class LostFrameError(Exception):
    """`read_frames` left a frame out, repeated one, or gave it in the wrong order."""


def examine(case: Case, path: Path) -> dict[str, Any]:
    """Take a file in and read it every way there is.

    Returns:
        `outcome`, one of the constants above, `words`: the sentence or traceback, and the `size` of
        the picture of an exhibit that was taken in.
    """
    try:
        exhibit = add_exhibit(case, path)
    except WorkstationError as error:
        return {"outcome": REFUSED, "words": _sentence(error)}
    copy, index = case.folder / exhibit.stored_name, case.exhibits.index(exhibit.number)
    lost = _all_frames(copy, index) + _visits(copy, index)
    _sound(copy, index)
    _clip(case, exhibit, len(index))
    size = [exhibit.facts.get("width"), exhibit.facts.get("height")]
    return {"outcome": DAMAGED if lost else WHOLE, "words": _remarks(exhibit), "size": size}


def _sentence(error: WorkstationError) -> str:
    text = str(error)
    if not (text[:1].isupper() or text[:1] == "“") or not text.endswith(".") or "\n" in text:
        raise AssertionError(f"no sentence: {text!r}") from error
    return text


def _all_frames(path: Path, index: FrameIndex) -> int:
    """How many of the first frames could not be decoded."""
    due, lost, stop = 0, 0, min(len(index), MOST_FRAMES)
    for found in read_frames(path, index, 0, stop):
        stretch = isinstance(found, Stretch)
        first, last = (found.first, found.last) if stretch else (found.number, found.number)
        if first != due or last < first:
            raise LostFrameError(f"frames {first} to {last} came where {due} was due")
        if not stretch and (found.pixels.ndim != 3 or not found.pixels.size):
            raise LostFrameError(f"frame {first} has no pixels")
        lost += last + 1 - first if stretch else 0
        due = last + 1
    if due != stop:
        raise LostFrameError(f"{due} of {stop} frames were accounted for")
    return lost


def _visits(path: Path, index: FrameIndex) -> int:
    """Read some frames at random, back and forth; how many could not be decoded."""
    rng, lost = Random(len(index)), 0
    reader = FrameReader(path, index)
    try:
        for _ in range(min(_VISITS, len(index))):
            number = rng.randrange(len(index))
            try:
                frame = reader.read(number, way=-1)
                if frame.number != number:
                    raise LostFrameError(f"frame {frame.number} came where {number} was due")
            except DecodeError as error:
                _sentence(error)
                lost += 1
    finally:
        reader.close()
    return lost


def _sound(path: Path, index: FrameIndex) -> None:
    try:
        reader = SoundReader(path, index)
    except NoSound as error:
        _sentence(error)
        return
    try:
        for start, speed in ((0.0, 1.0), (0.3, 1.0), (0.2, 2.0)):
            given, most = 0, _SECONDS_OF_SOUND * reader.facts.rate
            for block in reader.samples(start, speed):
                given += len(block)
                if given > most:
                    break
    finally:
        reader.close()
    waveform(path, index, _BUCKETS)


def _clip(case: Case, exhibit: Exhibit, frames: int) -> None:
    """Export what is at its beginning, as a copy of packets."""
    target = case.folder.parent / f"clip{clip_suffix(exhibit)}"
    try:
        take_clip(case, exhibit.number, 0, min(frames, CLIP_FRAMES) - 1, target, overwrite=True)
    except WorkstationError as error:
        _sentence(error)


def _remarks(exhibit: Exhibit) -> str:
    return " ".join(map(str, exhibit.facts.get("warnings", ())))


def main() -> None:
    """Answer until the input ends; a second argument makes the workers' deadlines shorter."""
    if len(sys.argv) > 2:
        remote.PROCESSOR_SECONDS = float(sys.argv[2])
        remote.WALL_SECONDS = 3 * remote.PROCESSOR_SECONDS
    with Case.open(Path(sys.argv[1])) as case:
        print(json.dumps({"ready": True}), flush=True)
        for line in sys.stdin:
            try:
                answer = examine(case, Path(json.loads(line)["path"]))
            except WorkstationError as error:
                answer = {"outcome": FAULT, "words": f"after intake: {error}"}
                if isinstance(error, DecodeError):
                    answer = {"outcome": DAMAGED, "words": str(error)}
            except Exception:
                answer = {"outcome": FAULT, "words": traceback.format_exc()}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
