"""What a picture goes through on its way to an examiner; the same for real and forged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.alterations import Alteration, add_noise, draw_colour
from models.training.blending import Pixels, soften

try:
    import av
except ImportError:
    av = None  # type: ignore[assignment]

WITHOUT_VIDEO = (
    "PyAV is not installed: no crop goes through H.264, all compressed ones through JPEG. The "
    "network will know less of video; install PyAV (package “av”) for the full recipe."
)


@dataclass(frozen=True)
class Corruption:
    """One drawn set of damages, applied alike to both pictures of a pair."""

    colour: Alteration | None
    scale: float
    blur: float
    noise: float
    seed: int
    crf: int | None
    lead_in: int
    """How many frames before the picture the codec has seen."""
    drift: tuple[float, float]
    jpeg: int | None

    @property
    def severity(self) -> float:
        """How much of what a forgery leaves is lost, roughly: 0 (nothing) to 1 (nearly all)."""
        codec = 0.0 if self.crf is None else 0.55 * (self.crf - 17) / 21
        if self.jpeg is not None:
            codec = 0.4 * (98 - self.jpeg) / 48
        lost = codec + 0.4 * self.blur / 1.8 + 0.5 * max(0.0, 1.0 - self.scale) / 0.45
        return float(min(1.0, max(0.0, lost + 0.1 * self.noise / 5.0)))

    def __call__(self, picture: Pixels) -> NDArray[np.uint8]:
        """Damage a picture.

        Args:
            picture: RGB float32 ``(S, S, 3)``, 0..255.

        Returns:
            RGB uint8 ``(S', S', 3)``, rescaled and compressed.
        """
        pixels = self._degrade(picture)
        if self.crf is not None:
            return h264(self._approach(pixels), self.crf)[-1]
        return pixels if self.jpeg is None else jpeg(pixels, self.jpeg)

    def sequence(self, pictures: Sequence[Pixels]) -> list[NDArray[np.uint8]]:
        """Damage consecutive frames, compressing them as one video.

        Args:
            pictures: Each RGB float32 ``(S, S, 3)``, 0..255.

        Returns:
            As many, each RGB uint8 ``(S', S', 3)``.
        """
        frames = [self._degrade(picture, number) for number, picture in enumerate(pictures)]
        if self.crf is not None:
            return h264(frames, self.crf)
        return frames if self.jpeg is None else [jpeg(frame, self.jpeg) for frame in frames]

    def _degrade(self, picture: Pixels, number: int = 0) -> NDArray[np.uint8]:
        """All but the compression; the noise differs from frame to frame."""
        if self.colour is not None:
            picture = self.colour(picture)
        side = 2 * round(picture.shape[0] * self.scale / 2)
        way = cv2.INTER_AREA if self.scale < 1.0 else cv2.INTER_LINEAR
        picture = np.asarray(cv2.resize(picture, (side, side), interpolation=way))
        if self.blur > 0.0:
            picture = soften(picture, self.blur)
        if self.noise > 0.0:
            picture = add_noise(np.random.default_rng(self.seed + number), picture, self.noise)
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8)

    def _approach(self, pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
        """The frames that lead up to the picture: the same, a little displaced."""
        frames = [pixels]
        for step in range(1, self.lead_in + 1):
            matrix = np.array([[1, 0, self.drift[0] * step], [0, 1, self.drift[1] * step]])
            size = pixels.shape[1::-1]
            moved = cv2.warpAffine(pixels, matrix, size, borderMode=cv2.BORDER_REFLECT_101)
            frames.insert(0, np.asarray(moved, dtype=np.uint8))
        return frames


def draw_corruption(rng: np.random.Generator, hardness: float) -> Corruption:
    """Draw what happens to a pair.

    Most pairs are compressed from the start: what a codec destroys is no lasting trace of forgery.
    Without PyAV, what would be video becomes a JPEG.

    Args:
        rng: Source of chance.
        hardness: 0 (mostly clean) to 1 (as in the field).
    """
    chance = rng.random()
    video = chance < 0.45 + 0.2 * hardness
    still = not video and rng.random() < 0.7
    if av is None:
        video, still = False, video or still
    strongest = 28 + 10 * hardness
    return Corruption(
        colour=draw_colour(rng, 1.2) if rng.random() < 0.6 else None,
        scale=float(rng.uniform(0.55, 1.1)) if rng.random() < 0.5 else 1.0,
        blur=float(rng.uniform(0.4, 1.0 + 0.8 * hardness)) if rng.random() < 0.25 else 0.0,
        noise=float(rng.uniform(1.0, 5.0)) if rng.random() < 0.25 else 0.0,
        seed=int(rng.integers(2**31)),
        crf=int(rng.uniform(17, strongest)) if video else None,
        lead_in=int(rng.choice([0, 2], p=[0.7, 0.3])),
        drift=(float(rng.normal(0.0, 0.7)), float(rng.normal(0.0, 0.7))),
        jpeg=int(rng.uniform(90 - 40 * hardness, 98)) if still else None,
    )


def codec_note() -> str | None:
    """What is missing where PyAV is, in a sentence; None where nothing is."""
    return WITHOUT_VIDEO if av is None else None


def h264(frames: Sequence[NDArray[np.uint8]], crf: int) -> list[NDArray[np.uint8]]:
    """Encode and decode frames with H.264, in memory.

    Args:
        frames: RGB uint8 ``(H, W, 3)``, even sides, all alike.
        crf: Quality from 0 (lossless) to 51.

    Returns:
        As many frames, as a player would see them.

    Raises:
        RuntimeError: PyAV is not installed.
        ValueError: The codec gave back another number of frames.
    """
    if av is None:
        raise RuntimeError(WITHOUT_VIDEO)
    height, width = frames[0].shape[:2]
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25, 1)
    encoder.thread_count = 1
    encoder.options = {"crf": str(crf), "preset": "veryfast", "tune": "zerolatency"}
    decoder = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    packets = []
    for number, pixels in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    pictures = [picture for packet in packets for picture in decoder.decode(packet)]
    pictures += decoder.decode(None)
    if len(pictures) != len(frames):
        raise ValueError(f"{len(frames)} frames went in, {len(pictures)} came out")
    return [np.asarray(picture.to_ndarray(format="rgb24")) for picture in pictures]


def jpeg(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """Encode and decode one picture, RGB uint8 ``(H, W, 3)``, as JPEG of a quality of 1..100."""
    _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("JPEG did not read back")
    return np.ascontiguousarray(decoded[:, :, ::-1]).astype(np.uint8, copy=False)
