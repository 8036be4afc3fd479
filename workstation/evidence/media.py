"""Opening media files, and turning decoded pictures into upright RGB pixels."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideData
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from workstation.errors import DecodeError, ExhibitError
from workstation.evidence.formats import CONTAINER_OPTIONS

_own = threading.local()
_JPEG, _PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
_UNSPECIFIED_COLOURS = 2
_FULL_RANGE_FORMATS = ("yuvj", "rgb", "bgr", "gbr", "gray", "pal", "mono")


@contextmanager
def open_video(path: Path) -> Iterator[Any]:
    """Open a media file for reading, as a PyAV input container.

    Raises:
        ExhibitError: the file cannot be opened as media.
    """
    try:
        container = av.open(
            str(path),
            "r",
            format=_picture_format(path),
            # Text in metadata may be in any encoding; it must never keep a file out.
            metadata_errors="replace",
            container_options=dict(CONTAINER_OPTIONS),
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ExhibitError(f"“{path.name}” cannot be opened as media: {said(error)}.") from error
    try:
        yield container
    finally:
        container.close()


def said(error: BaseException) -> str:
    """What went wrong in FFmpeg's or the system's own words, without codes."""
    return str(getattr(error, "strerror", None) or error).rstrip(".")


def video_stream(container: Any) -> Any:
    """The stream that is examined: the first that is no cover picture; None if there is none."""
    streams = [s for s in container.streams.video if not _is_cover(s)]
    return streams[0] if streams else None


def _is_cover(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def is_picture(path: Path) -> bool:
    """Whether the file begins like a JPEG or PNG picture."""
    return _picture_format(path) is not None


def _picture_format(path: Path) -> str | None:
    """FFmpeg's name for a JPEG or PNG; unasked, it takes a path with % or * for a pattern."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_JPEG):
        return "jpeg_pipe"
    return "png_pipe" if head.startswith(_PNG) else None


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Decode a JPEG or PNG picture, turned upright as its EXIF data says.

    Returns:
        RGB, uint8 (H, W, 3).

    Raises:
        DecodeError: the picture is damaged or cut off.
    """
    data = path.read_bytes()
    _refuse_damaged(path, data)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise DecodeError(
            f"The picture “{path.name}” could not be decoded: its data is damaged. Obtain the "
            "original."
        )
    return np.ascontiguousarray(pixels[:, :, ::-1])


def _refuse_damaged(path: Path, data: bytes) -> None:
    """Let FFmpeg look first: OpenCV fills what is missing with grey and says nothing."""
    problem = ""
    try:
        with open_video(path) as container:
            frames = list(container.decode(video=0))
            if not frames or any(frame.is_corrupt for frame in frames):
                problem = "its data is damaged"
    except (av.FFmpegError, ExhibitError, IndexError) as error:
        problem = said(error)
    if data.startswith(_JPEG) and b"\xff\xd9" not in data[-65536:]:
        problem = "it is cut off"
    if data.startswith(_PNG) and b"IEND" not in data[-65536:]:
        problem = "it is cut off"
    if problem:
        raise DecodeError(
            f"The picture “{path.name}” could not be decoded: {problem}. Obtain the original."
        )


def upright_rgb(frame: Any, within: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Convert a decoded frame to RGB and turn it as its display matrix says.

    Frames that do not say how their colours are coded are read as ITU-R BT.601, and as BT.709 when
    larger than standard definition, as players do. Pixels are never stretched to a square aspect.

    Args:
        frame: a PyAV `VideoFrame`.
        within: width and height that the upright picture is reduced to fit; not where it is left
            out.

    Returns:
        RGB, uint8 (H, W, 3), 0..255.
    """
    kind = frame.format.name
    large = frame.width > 1024 or frame.height > 576
    guess = (
        frame.colorspace == _UNSPECIFIED_COLOURS
        and large
        and not kind.startswith(_FULL_RANGE_FORMATS)
    )
    more: dict[str, Any] = {"src_colorspace": "ITU709"} if guess else {}
    matrix = display_matrix(frame)
    if within is not None:
        lies = matrix[0] == 0
        width, height = _fitted(frame.width, frame.height, within[::-1] if lies else within)
        more |= {"width": width, "height": height, "interpolation": "AREA"}
    # One context for all frames of a thread: left to itself PyAV makes one for every frame, with
    # threads of its own, and keeps it as long as the frame.
    if not hasattr(_own, "reformatter"):
        _own.reformatter = VideoReformatter()
    made = _own.reformatter.reformat(frame, format="rgb24", threads=1, **more)
    return turn(made.to_ndarray(), matrix)


def reduced(pixels: NDArray[np.uint8], within: tuple[int, int] | None) -> NDArray[np.uint8]:
    """A picture reduced by averaging to fit; as it is where it fits already.

    Args:
        pixels: RGB, uint8 (H, W, 3).
        within: width and height to fit; None for any.

    Returns:
        RGB, uint8 (h, w, 3).
    """
    height, width = pixels.shape[:2]
    size = _fitted(width, height, within or (width, height))
    if size == (width, height):
        return pixels
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8).reshape(size[1], size[0], 3)


def _fitted(width: int, height: int, within: tuple[int, int]) -> tuple[int, int]:
    share = min(within[0] / width, within[1] / height, 1.0)
    return max(round(width * share), 1), max(round(height * share), 1)


def display_matrix(frame: Any) -> tuple[int, int, int, int]:
    """Signs a, b, c, d of the frame's display matrix; (1, 0, 0, 1) where it is upright or askew.

    The matrix maps (x, y) to (a x + c y, b x + d y) (ISO/IEC 14496-12, 6.2.2, y downwards).
    """
    # `frame.side_data` and the frame would hold each other, and megabytes, until Python's collector
    # of cycles comes by, which few objects call.
    data = SideDataContainer(frame).get(SideData.DISPLAYMATRIX)  # type: ignore[call-arg]
    if data is None:
        return (1, 0, 0, 1)
    a, b, _, c, d = np.frombuffer(bytes(data), dtype=np.int32)[:5].tolist()
    signs = tuple(int(np.sign(value)) for value in (a, b, c, d))
    straight = (signs[1] == signs[2] == 0 and signs[0] and signs[3]) or (
        signs[0] == signs[3] == 0 and signs[1] and signs[2]
    )
    return (signs[0], signs[1], signs[2], signs[3]) if straight else (1, 0, 0, 1)


def turn(pixels: NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """Turn and mirror a picture by quarter turns.

    Args:
        pixels: uint8 (H, W, 3).
        matrix: as `display_matrix` gives it.

    Returns:
        uint8 (H, W, 3) or (W, H, 3), contiguous.
    """
    a, b, c, d = matrix
    if a == 0:
        # x' grows with c y and y' with b x: rows and columns change places.
        pixels = pixels.transpose(1, 0, 2)
        a, d = c, b
    return np.ascontiguousarray(pixels[::d, ::a])
