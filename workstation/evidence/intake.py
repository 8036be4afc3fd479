"""Taking a file into the case: copied once, hashed, compared, indexed, recorded."""

import re
import secrets
import stat
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.intake_folders import intake_folder, remove_intake
from workstation.cases.plain_json import clean_text, utc_now
from workstation.cases.records import Exhibit, FrameIndex, Stretch
from workstation.errors import CaseError, ExhibitError, WorkstationError
from workstation.evidence.copying import Advance, Copied, copy_once, hash_file, sync_folder
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import read_frames
from workstation.evidence.picture_size import THUMBNAIL_SIDE
from workstation.evidence.probe import probe

_THUMBNAIL_TRIES = 250
_NAME_LENGTH = 80

COPYING, COMPARING, INDEXING = "copying", "comparing the copy", "indexing the frames"


@dataclass(frozen=True)
class IntakeProgress:
    """How far the intake is: the step it is at, and bytes done of a total."""

    step: str
    done: int
    total: int


class DuplicateExhibit(ExhibitError):  # noqa: N818
    """The case has the file already, as the exhibit `number`."""

    def __init__(self, number: str) -> None:
        super().__init__(f"The same file is in the case already, as exhibit {number}.")
        self.number = number


class IntakeCancelled(ExhibitError):  # noqa: N818
    """The examiner cancelled the intake."""

    def __init__(self) -> None:
        super().__init__("Adding the file was cancelled; nothing of it was kept.")


@dataclass(frozen=True)
class _Watch:
    announce: Callable[[IntakeProgress], None]
    cancelled: Callable[[], bool]

    def step(self, name: str, total: int) -> Advance:
        """A callback for one step; it announces how far that is and stops when cancelled."""

        def advance(done: int) -> None:
            if self.cancelled():
                raise IntakeCancelled
            self.announce(IntakeProgress(name, done, total))

        advance(0)
        return advance


def add_exhibit(
    case: Case,
    source: Path,
    *,
    announce: Callable[[IntakeProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Exhibit:
    """Take a file into the case.

    The source is read once and never opened for writing. It is taken whole or not at all: whatever
    goes wrong, no copy remains, and the custody log says that and why it was refused.

    Args:
        case: the case, open for writing.
        source: the file.
        announce: called as the intake goes on.
        cancelled: asked from time to time; True stops the intake.

    Returns:
        The exhibit as recorded.

    Raises:
        DuplicateExhibit: the case has the same file already.
        IntakeCancelled: `cancelled` answered True.
        ExhibitError: the file cannot be taken in; the sentence says why.
        CaseError: the case cannot be written.
    """
    watch = _Watch(announce or (lambda _: None), cancelled or (lambda: False))
    source = Path(source).absolute()
    with case.transaction():
        pass  # refuses a read-only case before anything is copied
    waiting = intake_folder(case.exhibits_folder, secrets.token_hex(8))
    try:
        _refuse_special(source)
        waiting = _make_waiting(waiting)
        exhibit, index = _examine(case, source, waiting, watch)
        return _record(case, source, exhibit, index, waiting)
    except BaseException as error:
        remove_intake(case.exhibits_folder, waiting.name.partition("-")[2], taken=False)
        _record_refusal(case, source, error)
        raise


def stored_name(number: str, original: str) -> str:
    """A name for the copy that every file system takes: the number and what ASCII keeps of it."""
    text = unicodedata.normalize("NFKD", original).encode("ascii", "ignore").decode()
    text = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "_", text))
    stem, dot, suffix = text.rpartition(".")
    if not dot or not suffix.isalnum() or len(suffix) > 10:
        stem, suffix = text, ""
    stem = stem.strip("._-")[:_NAME_LENGTH] or "exhibit"
    return f"{number}_{stem}.{suffix}" if suffix else f"{number}_{stem}"


def _refuse_special(source: Path) -> None:
    try:
        found = source.stat()
    except FileNotFoundError as error:
        raise ExhibitError("The file is not there. Check the drive and the path.") from error
    except OSError as error:
        raise ExhibitError(
            f"The file cannot be read ({error.strerror}). Check its permissions and the drive."
        ) from error
    if stat.S_ISDIR(found.st_mode):
        raise ExhibitError("This is a folder. Add the files in it instead.")
    if not stat.S_ISREG(found.st_mode):
        raise ExhibitError(
            "This is no ordinary file, so it cannot be copied whole. Copy what it gives into a "
            "file, then add that."
        )
    if not found.st_size:  # nor are some that the system makes up, which are waited for in vain
        raise ExhibitError("The file is empty. Copy it again from where it came from.")


def _make_waiting(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ExhibitError(
            f"The case folder cannot be written ({error.strerror}). Check its permissions."
        ) from error
    return folder


def _examine(case: Case, source: Path, waiting: Path, watch: _Watch) -> tuple[Exhibit, FrameIndex]:
    """Copy, compare, and read the copy; the exhibit still lacks its number."""
    name = stored_name("", source.name).lstrip("_")
    copy = waiting / name
    size = source.stat().st_size
    copied = copy_once(source, copy, watch.step(COPYING, size))
    _refuse_duplicate(case, copied)
    if hash_file(copy, watch.step(COMPARING, size)) != copied.hashes.sha256:
        raise ExhibitError(
            "The copy in the case differs from what was read. The disk that holds the case may be "
            "failing: use another one."
        )
    copy.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    advance = watch.step(INDEXING, size)
    facts, media_type = probe(copy)
    index = build_frame_index(copy)
    thumbnail = _thumbnail(copy, index)
    advance(size)
    exhibit = Exhibit(
        number="",
        original_name=clean_text(source.name),
        stored_name=name,
        size=copied.size,
        hashes=copied.hashes,
        media_type=media_type,
        added_utc=utc_now(),
        facts=_complete(facts, index, thumbnail),
        frames=len(index),
        thumbnail=thumbnail,
    )
    return exhibit, index


def _refuse_duplicate(case: Case, copied: Copied) -> None:
    known = case.exhibits.by_sha256(copied.hashes.sha256)
    if known:
        raise DuplicateExhibit(known.number)


def _complete(facts: dict[str, Any], index: FrameIndex, thumbnail: bytes) -> dict[str, Any]:
    warnings = list(facts["warnings"])
    if index.remark:
        warnings.append(index.remark)
    if not thumbnail:
        warnings.append("None of the first frames could be decoded.")
    return facts | {
        "warnings": warnings,
        "average_frame_rate": index.average_rate,
        "variable_frame_rate": _varies(index),
    }


def _varies(index: FrameIndex) -> bool:
    """Whether more than one frame in a hundred lasts 10 % longer or shorter than the median one."""
    steps = np.diff(index.times)
    if not len(steps):
        return False
    usual = float(np.median(steps))
    return bool(np.mean(np.abs(steps - usual) > 0.1 * usual) > 0.01)


def _thumbnail(path: Path, index: FrameIndex) -> bytes:
    for found in read_frames(path, index, 0, min(len(index), _THUMBNAIL_TRIES)):
        if not isinstance(found, Stretch):
            return _jpeg(found.pixels)
    return b""


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    height, width = pixels.shape[:2]
    scale = min(1.0, THUMBNAIL_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels[:, :, ::-1], size, interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes())


def _record(
    case: Case, source: Path, exhibit: Exhibit, index: FrameIndex, waiting: Path
) -> Exhibit:
    """Number the exhibit, move its copy into place and record both, together or not at all."""
    numbered = None
    try:
        with case.transaction():
            known = case.exhibits.by_sha256(exhibit.hashes.sha256)
            if known:
                raise DuplicateExhibit(known.number)
            number = case.exhibits.next_number()
            name = f"{number}_{exhibit.stored_name}"
            exhibit = replace(exhibit, number=number, stored_name=f"exhibits/{name}")
            case.exhibits.add(exhibit, index)
            case.custody.append(
                Act.EXHIBIT_ADDED,
                number,
                original_name=exhibit.original_name,
                stored_name=exhibit.stored_name,
                size=exhibit.size,
                sha256=exhibit.hashes.sha256,
                md5=exhibit.hashes.md5,
                sha1=exhibit.hashes.sha1,
                frames=exhibit.frames,
                source=str(source.resolve()),
                record_sha256=case.exhibits.digest(number),
            )
            _refuse_strangers(case.exhibits_folder, number)
            numbered = intake_folder(case.exhibits_folder, number)
            _move(waiting, numbered, name)
    except BaseException as error:
        if numbered:
            remove_intake(case.exhibits_folder, exhibit.number, taken=False)
        if isinstance(error, OSError):
            raise ExhibitError(
                f"The copy could not be moved into place ({error.strerror})."
            ) from error
        raise
    remove_intake(case.exhibits_folder, number, taken=True)
    return exhibit


def _refuse_strangers(folder: Path, number: str) -> None:
    for stranger in folder.glob(f"{number}_*"):
        raise ExhibitError(
            f"The folder of the exhibits holds “{stranger.name}”, which the case has not recorded. "
            "Move it elsewhere, then add the file again."
        )


def _move(waiting: Path, numbered: Path, name: str) -> None:
    """Move the copy to its final name; the numbered folder tells a later clean-up whose it is."""
    waiting.rename(numbered)
    (copy,) = numbered.iterdir()
    copy.rename(numbered.parent / name)
    sync_folder(numbered.parent)


def _record_refusal(case: Case, source: Path, error: BaseException) -> None:
    reason = str(error) if isinstance(error, WorkstationError) else "The program failed."
    # On a full disk the log cannot grow either; what the examiner is told is the first cause.
    with suppress(CaseError):
        case.custody.append(
            Act.EXHIBIT_REFUSED,
            error.number if isinstance(error, DuplicateExhibit) else "",
            name=source.name,
            path=str(source),
            reason=reason,
        )
