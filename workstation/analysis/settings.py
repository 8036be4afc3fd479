"""What can be set about an analysis; recorded with every run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from workstation.errors import AnalysisError


@dataclass(frozen=True)
class AnalysisSettings:
    """How faces are found and followed. Two runs with equal settings and weights agree.

    Attributes:
        grid: Faces are looked for all over every frame whose number divides by this, and the last;
            between them about the places where those say that faces are or may be.
        interpolate: Where a face is plainly the same in two neighbouring frames of the grid, take
            its place between them from those two instead of looking for it: faster, with other
            scores.
        long_side: Frames are reduced to this long side, in pixels, before faces are looked for.
        smallest_face: Shorter side of the smallest face looked for, pixels of the reduced frame.
        face_threshold: A face finder's answer below this, 0..1, is not a face.
        chunk_seconds: About how long a chunk is; results do not depend on it.
        gap_seconds: A face seen again after at most this long may continue its track.
        batch: Face crops embedded together; results do not depend on it.
        kept_megabytes: What the case's cache may hold when an analysis is complete.
    """

    grid: int = 5
    interpolate: bool = False
    long_side: int = 640
    smallest_face: int = 40
    face_threshold: float = 0.95
    chunk_seconds: float = 10.0
    gap_seconds: float = 0.5
    batch: int = 16
    kept_megabytes: int = 2048

    def __post_init__(self) -> None:
        checks = {
            "interpolate": isinstance(self.interpolate, bool),
            "grid": 1 <= self.grid <= 60,
            "long_side": 160 <= self.long_side <= 4096,
            "smallest_face": 20 <= self.smallest_face <= 400,
            "face_threshold": 0.5 <= self.face_threshold < 1.0,
            "chunk_seconds": 0.1 <= self.chunk_seconds <= 600.0,
            "gap_seconds": 0.0 <= self.gap_seconds <= 5.0,
            "batch": 1 <= self.batch <= 512,
            "kept_megabytes": 0 <= self.kept_megabytes <= 1_000_000,
        }
        for name, good in checks.items():
            if not good:
                raise AnalysisError(
                    f"The analysis setting {name} = {getattr(self, name)} is out of bounds. "
                    "Choose another value."
                )

    def to_json(self) -> dict[str, Any]:
        """All settings as plain JSON."""
        return asdict(self)

    def shaping(self) -> dict[str, Any]:
        """The settings that shape results: all but those that only divide the work."""
        work = ("chunk_seconds", "batch", "kept_megabytes")
        return {name: value for name, value in self.to_json().items() if name not in work}
