"""The facts a case holds, as frozen records that every layer passes around."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray


class FrameState(StrEnum):
    """What became of a frame, or of a face in it; exactly one holds."""

    SCORED = "scored"
    NO_FACE = "no face"
    UNSUITABLE = "face too small or blurred to score"
    UNDECODABLE = "could not be decoded"
    NOT_ANALYSED = "not analysed"


class Finding(StrEnum):
    """A worded conclusion (SWGDE 23-V-001); never a probability."""

    SUPPORTS = "supports manipulation"
    INCONCLUSIVE = "inconclusive"
    DOES_NOT_SUPPORT = "does not support manipulation"


class Verification(StrEnum):
    """Outcome of hashing an exhibit again."""

    INTACT = "intact"
    ALTERED = "altered"
    MISSING = "missing"


class ReferenceKind(StrEnum):
    """What a reference has in common with the questioned exhibit; more than one may hold."""

    PERSON = "same person"
    CAMERA = "same camera"
    PLATFORM = "same platform"


class RunOutcome(StrEnum):
    """How a run ended, or that it has not."""

    RUNNING = "running"
    COMPLETE = "complete"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class CaseFacts:
    """What identifies a case. Times are ISO 8601 in UTC."""

    number: str
    title: str
    examiner: str
    organisation: str
    created_utc: str


@dataclass(frozen=True)
class CustodyEntry:
    """One recorded act; `sha256` covers every other field (RFC 8785 canonical JSON)."""

    sequence: int
    time_utc: str
    actor: str
    act: str
    subject: str
    details: Mapping[str, Any]
    previous_sha256: str
    sha256: str


@dataclass(frozen=True)
class Hashes:
    """Digests of one file, lower-case hexadecimal; SHA-256 is the one that counts."""

    sha256: str
    md5: str
    sha1: str


@dataclass(frozen=True)
class FrameIndex:
    """Every frame of an exhibit in presentation order.

    Attributes:
        pts: int64 (N,), presentation timestamps in units of `time_base`, strictly increasing.
        key: bool (N,), whether decoding can start at the frame.
        time_base: numerator and denominator of the unit of `pts`, in seconds.
        average_rate: frames per second, from the timestamps; 0.0 for a single frame.
        remark: what the container said that is not so (missing timestamps, cut off), or "".
        timestamps: whether frames are told apart by `pts`; False where the container does not say
            when each frame is shown, and they are counted as the decoder gives them.
    """

    pts: NDArray[np.int64]
    key: NDArray[np.bool_]
    time_base: tuple[int, int]
    average_rate: float
    remark: str = ""
    timestamps: bool = True

    def __len__(self) -> int:
        return len(self.pts)

    @cached_property
    def times(self) -> NDArray[np.float64]:
        """Seconds since the first frame, float64 (N,), read-only; asked for at every frame."""
        scale = self.time_base[0] / self.time_base[1]
        times = (self.pts - self.pts[:1]).astype(np.float64) * scale
        times.flags.writeable = False
        return times


@dataclass(frozen=True)
class Exhibit:
    """One media file taken into the case.

    Attributes:
        number: "E001", "E002", ...; never used twice.
        original_name: file name as it was at the source.
        stored_name: path below the case folder, POSIX separators.
        size: bytes.
        media_type: "video" or "picture".
        facts: container facts (format, streams, codec, width, height, rotation, duration_s,
            frame_rate, creation metadata, encoder tags, warnings); plain JSON.
        frames: number of frames in the index.
        thumbnail: JPEG bytes, long side 320 px, or b"".
    """

    number: str
    original_name: str
    stored_name: str
    size: int
    hashes: Hashes
    media_type: str
    added_utc: str
    facts: Mapping[str, Any]
    frames: int
    thumbnail: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Run:
    """One execution of a detector on an exhibit.

    Attributes:
        detector: the card as it was used, plain JSON (name, title, version, weights with SHA-256,
            decision, evaluation, limits, not_covered, ...).
        settings: the analysis settings, plain JSON.
        versions: software versions, plain JSON.
        device: "cuda: NVIDIA H200", "cpu: 2 threads", ...
        precision: "bfloat16", "float16" or "float32".
        frames_done: frames in committed chunks.
        reason: why it ended other than complete, or "".
    """

    id: int
    exhibit: str
    detector: Mapping[str, Any]
    settings: Mapping[str, Any]
    versions: Mapping[str, Any]
    device: str
    precision: str
    started_utc: str
    finished_utc: str | None
    outcome: RunOutcome
    reason: str
    frames: int
    frames_done: int


def chosen_run(runs: Iterable[Run]) -> Run | None:
    """The run that counts: the newest complete one, else the newest of all."""
    ordered = sorted(runs, key=lambda run: run.id)
    complete = [run for run in ordered if run.outcome is RunOutcome.COMPLETE]
    chosen = complete or ordered
    return chosen[-1] if chosen else None


@dataclass(frozen=True)
class FaceTable:
    """Faces of a run as columns, ordered by frame, then track; all of length N.

    Attributes:
        frame: int64 (N,), frame number from 0.
        track: int32 (N,), face track number from 1.
        scored: bool (N,); False means FrameState.UNSUITABLE.
        score: float32 (N,), 0..1, NaN where not scored.
        box: float32 (N, 4), x, y, width, height in pixels of the upright frame.
        landmarks: float32 (N, 5, 2), eyes, nose, mouth corners, pixels of the upright frame.
        outside: int16 (N,), which of the training's ranges the face lies outside of, a sum of bits
            (`workstation.analysis.quality.outside_words`); 0 inside all, -1 not known.
        sharpness: float32 (N,), variance of the crop's Laplacian, NaN where not measured.
    """

    frame: NDArray[np.int64]
    track: NDArray[np.int32]
    scored: NDArray[np.bool_]
    score: NDArray[np.float32]
    box: NDArray[np.float32]
    landmarks: NDArray[np.float32]
    outside: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    sharpness: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        rows = len(self.frame)
        if rows and not len(self.outside):
            object.__setattr__(self, "outside", np.full(rows, -1, np.int16))
        if rows and not len(self.sharpness):
            object.__setattr__(self, "sharpness", np.full(rows, np.nan, np.float32))

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def counted(self) -> NDArray[np.bool_]:
        """What findings rest on, bool (N,): scored, and not known to be unlike the training."""
        return self.scored & (self.outside <= 0)

    def where(self, chosen: slice | NDArray[Any]) -> "FaceTable":
        """The chosen rows, without copying where `chosen` is a slice."""
        return FaceTable(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


@dataclass(frozen=True)
class Stretch:
    """Frames first..last (inclusive) that could not be decoded, with the reason."""

    first: int
    last: int
    reason: str


@dataclass(frozen=True)
class Segment:
    """A stretch of one face track that the analysis flagged (first..last inclusive)."""

    track: int
    first: int
    last: int
    mean: float
    peak: float
    peak_frame: int


@dataclass(frozen=True)
class FindingRecord:
    """A finding with its reasons; `track` None means the whole exhibit.

    Attributes:
        statistics: mean, peak, scored (frames), faces (frames), share_above, ...; plain JSON.
        reasons: sentences, most important first.
    """

    track: int | None
    finding: Finding
    reasons: tuple[str, ...]
    statistics: Mapping[str, Any]


@dataclass(frozen=True)
class Reference:
    """An exhibit marked known authentic, with which a questioned exhibit is compared.

    Attributes:
        reference: number of the exhibit that is known authentic.
        kinds: what it has in common with the questioned exhibit, in the order of `ReferenceKind`.
        how: how its authenticity is known, in the examiner's words.
        recording: exhibit number that stands for the recording; references that are copies of one
            recording share it and count once.
        revoked_utc: when it was revoked, or None while it stands.
    """

    id: int
    questioned: str
    reference: str
    kinds: tuple[ReferenceKind, ...]
    how: str
    recording: str
    added_utc: str
    revoked_utc: str | None = None
    revoked_why: str = ""


@dataclass(frozen=True)
class ReportRecord:
    """A report that was written and signed."""

    id: int
    path: str
    sha256: str
    signer: str
    created_utc: str
    custody_head: str
