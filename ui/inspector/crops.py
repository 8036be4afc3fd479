"""Pictures of faces for the inspector, cut from the exhibit on a thread of their own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage

from ui.background import Background
from workstation.cases.records import FaceTable, FrameIndex
from workstation.errors import WorkstationError

SIDE = 112  # pixels; shown at half of it, so that it is sharp on dense screens
MARGIN = 0.25  # of the face box, on every side


def peak_row(faces: FaceTable, track: int) -> int | None:
    """The row of a track's highest score, or None if no frame of it was scored."""
    rows = np.flatnonzero((faces.track == track) & faces.scored)
    return int(rows[np.argmax(faces.score[rows])]) if len(rows) else None


def shown_row(faces: FaceTable, track: int) -> int | None:
    """The row that shows a track: its highest score, or its largest face where none is scored."""
    peak, rows = peak_row(faces, track), np.flatnonzero(faces.track == track)
    if peak is not None or not len(rows):
        return peak
    return int(rows[np.argmax(faces.box[rows, 2] * faces.box[rows, 3])])


def cut_out(pixels: np.ndarray, box: np.ndarray) -> QImage:
    """A square around a face box.

    Args:
        pixels: RGB, uint8 (H, W, 3).
        box: float32 (4,), x, y, width, height in pixels.
    """
    height, width = pixels.shape[:2]
    side = min(float(max(box[2], box[3])) * (1 + 2 * MARGIN), width, height)
    left = float(np.clip(box[0] + box[2] / 2 - side / 2, 0, width - side))
    top = float(np.clip(box[1] + box[3] / 2 - side / 2, 0, height - side))
    length = max(1, int(side))
    part = np.ascontiguousarray(
        pixels[int(top) : int(top) + length, int(left) : int(left) + length]
    )
    picture = QImage(
        part.data, part.shape[1], part.shape[0], part.strides[0], QImage.Format.Format_RGB888
    )
    return picture.scaled(
        SIDE,
        SIDE,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    ).copy()


class FacePictures:
    """Cuts faces out of one exhibit at a time; what was asked for another is forgotten."""

    def __init__(self, parent: QObject | None = None) -> None:
        self._background = Background("pictures", parent)
        self._wanted = 0

    def forget(self) -> None:
        """Drop every picture asked for."""
        self._wanted += 1

    def ask(
        self,
        path: Path,
        index: FrameIndex,
        faces: FaceTable,
        rows: dict[int, int],
        ready: Callable[[int, QImage], None],
    ) -> None:
        """Cut out `rows` (track to row of `faces`); `ready` gets each picture with its track."""
        for track, row in rows.items():
            frame, box = int(faces.frame[row]), faces.box[row].copy()
            self._ask_one(path, index, (track, frame, box), ready)

    def close(self) -> None:
        """End the thread."""
        self._wanted += 1
        self._background.close()

    def _ask_one(
        self,
        path: Path,
        index: FrameIndex,
        one: tuple[int, int, np.ndarray],
        ready: Callable[[int, QImage], None],
    ) -> None:
        wanted = self._wanted
        track, frame, box = one

        def cut() -> QImage | None:
            return _read(path, index, frame, box) if wanted == self._wanted else None

        def arrived(picture: QImage | None) -> None:
            if picture is not None and wanted == self._wanted:
                ready(track, picture)

        self._background.ask(cut, arrived)


def _read(path: Path, index: FrameIndex, frame: int, box: np.ndarray) -> QImage | None:
    from workstation.evidence.frames import FrameReader

    try:
        reader = FrameReader(path, index)
        try:
            return cut_out(reader.read(frame).pixels, box)
        finally:
            reader.close()
    except WorkstationError:
        return None  # the card keeps its empty square; the player says why the frame is missing
