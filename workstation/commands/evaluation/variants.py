"""The same clip as it may arrive: compressed, reduced, blurred, mirrored."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.errors import WorkstationError

Pixels = NDArray[np.uint8]

_NEARLY_AS_IT_WAS = 8
_BLUR_SIGMA = 2.0
_JPEG_QUALITY = 50


@dataclass(frozen=True)
class Variant:
    """One alteration.

    Attributes:
        name: For people.
        suffix: For file names.
        crf: Constant rate factor of the H.264 that it is stored as.
        change: What happens to each frame, RGB uint8 ``(H, W, 3)``, before that.
        how: The same in words.
    """

    name: str
    suffix: str
    crf: int
    change: Callable[[Pixels], Pixels]
    how: str


def _same(pixels: Pixels) -> Pixels:
    return pixels


def _half(pixels: Pixels) -> Pixels:
    size = (pixels.shape[1] // 2, pixels.shape[0] // 2)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(pixels: Pixels) -> Pixels:
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[:, :, ::-1]), options)
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[:, :, ::-1]


def _blur(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), _BLUR_SIGMA), np.uint8)


def _flip(pixels: Pixels) -> Pixels:
    return pixels[:, ::-1]


_KEPT = f"stored as H.264 CRF {_NEARLY_AS_IT_WAS}"

VARIANTS = (
    Variant("H.264 CRF 23", "crf23", 23, _same, "encoded again, H.264 CRF 23"),
    Variant("H.264 CRF 40", "crf40", 40, _same, "encoded again, H.264 CRF 40"),
    Variant("half size", "half", _NEARLY_AS_IT_WAS, _half, f"half width and height, {_KEPT}"),
    Variant("JPEG 50", "jpeg50", _NEARLY_AS_IT_WAS, _jpeg, f"every frame as JPEG 50, {_KEPT}"),
    Variant("blur", "blur", _NEARLY_AS_IT_WAS, _blur, f"Gaussian blur, sigma 2 pixels, {_KEPT}"),
    Variant("flip", "flip", _NEARLY_AS_IT_WAS, _flip, f"left and right exchanged, {_KEPT}"),
)


def write_variant(source: Path, target: Path, variant: Variant, frames: int) -> None:
    """Write the first frames of a clip, altered.

    Args:
        source: The clip.
        target: An MP4 file; whatever lies there is replaced.
        variant: The alteration.
        frames: How many frames at most.

    Raises:
        WorkstationError: The clip cannot be decoded or the variant not be written.
    """
    import av

    from workstation.evidence.frame_index import build_frame_index
    from workstation.evidence.frames import Frame, read_frames

    index = build_frame_index(source)
    rate = Fraction(index.average_rate or 25.0).limit_denominator(1001)
    waiting = target.with_suffix(".part.mp4")
    try:
        with av.open(str(waiting), "w") as container:
            stream: Any = container.add_stream("libx264", rate=rate)
            stream.pix_fmt = "yuv420p"
            # One thread, so that the same clip gives the same file everywhere.
            stream.options = {"crf": str(variant.crf), "preset": "veryfast", "threads": "1"}
            for found in read_frames(source, index, 0, min(frames, len(index))):
                if not isinstance(found, Frame):
                    raise WorkstationError(f"{source.name}: {found.reason}")
                pixels = _even(variant.change(found.pixels))
                if not stream.codec_context.is_open:
                    stream.height, stream.width = pixels.shape[:2]
                picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
                picture.pts, picture.time_base = found.number, 1 / rate
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        waiting.replace(target)
    except OSError as error:
        raise WorkstationError(
            f"The altered copy {target.name} could not be written: {error}. Make room and go on."
        ) from error
    finally:
        waiting.unlink(missing_ok=True)


def _even(pixels: Pixels) -> Pixels:
    """Without the last row or column where their number is odd, which H.264 cannot store."""
    height, width = pixels.shape[:2]
    return pixels[: height - height % 2, : width - width % 2]
