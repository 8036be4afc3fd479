"""Make the demonstration clip, the same picture for picture every time.

    ./run python packaging/make_demonstration.py

A still portrait (NASA, public domain, as carried by scikit-image) is filmed by a virtual camera
that pans, zooms and turns a little. Between `ALTERED_FROM` and `ALTERED_TO` the face is replaced by
an altered copy of itself, made at a third of the resolution and blended through a mask that
jitters, as careless face swaps show it.
"""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT, RATE, SECONDS = 640, 360, 25, 12
ALTERED_FROM, ALTERED_TO = 4 * RATE, 8 * RATE
FACE = (222.0, 118.0)  # centre of the face in the portrait, pixels
FACE_AXES = (45.0, 62.0)  # half width and half height of the blended oval, pixels
LABEL = "Demonstration clip, made for this purpose"
OUTPUT = Path(__file__).parent.parent / "resources" / "demonstration" / "demonstration.mp4"

Pixels = NDArray[np.uint8]


def altered_portrait(portrait: Pixels) -> NDArray[np.float32]:
    """The portrait with its face made small and enlarged again, recoloured and slightly reshaped.

    Args:
        portrait: RGB, uint8 (512, 512, 3).

    Returns:
        RGB, float32 (512, 512, 3), 0..255.
    """
    height, width = portrait.shape[:2]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = (columns - FACE[0]) / FACE_AXES[0], (rows - FACE[1]) / FACE_AXES[1]
    pull = np.exp(-(across**2 + down**2)).astype(np.float32)
    warped = cv2.remap(
        portrait, columns + 4.5 * across * pull, rows - 3.5 * pull, cv2.INTER_CUBIC
    ).astype(np.float32)
    small = cv2.resize(warped, None, fx=0.35, fy=0.35, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    recoloured = coarse * np.float32([1.07, 0.98, 0.90]) + np.float32([4.0, 1.0, -3.0])
    return np.clip(recoloured, 0.0, 255.0).astype(np.float32)


def blending_mask(shape: tuple[int, int], random: np.random.Generator) -> NDArray[np.float32]:
    """An oval over the face, moved, stretched and softened anew for every frame.

    Returns:
        float32 (H, W, 1), 0..1.
    """
    centre = np.array(FACE) + random.normal(0.0, 1.4, 2)
    axes = np.array(FACE_AXES) * random.normal(1.0, 0.025, 2)
    mask = np.zeros(shape, np.float32)
    angle = float(random.normal(0.0, 1.5))
    cv2.ellipse(mask, (tuple(centre), tuple(2 * axes), angle), 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), float(random.uniform(1.5, 3.0)))[..., None]


def camera(time: float) -> NDArray[np.float64]:
    """Where the camera looks at `time` seconds: an affine map (2, 3), portrait to picture."""
    zoom = 1.53 + 0.08 * np.sin(2 * np.pi * time / 9.0)
    turn = 1.6 * np.sin(2 * np.pi * time / 5.3)
    look = (
        FACE[0] + 26.0 + 14.0 * np.sin(2 * np.pi * time / 7.1),
        FACE[1] + 23.0 + 6.0 * np.sin(2 * np.pi * time / 4.3),
    )
    matrix = cv2.getRotationMatrix2D(look, turn, zoom)
    matrix[:, 2] += np.array([WIDTH / 2, HEIGHT / 2]) - look
    return np.asarray(matrix, np.float64)


def label() -> NDArray[np.float32]:
    """The words on every picture, on a dark strip: RGBA, float32 (H, W, 4), 0..1."""
    picture = Image.new("RGBA", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, HEIGHT - 34, WIDTH, HEIGHT), fill=(20, 20, 20, 170))
    draw.text((14, HEIGHT - 26), LABEL, fill=(240, 240, 240, 255), font=ImageFont.load_default(15))
    return np.asarray(picture, np.float32) / 255.0


def frame(number: int, portrait: Pixels, altered: NDArray[np.float32]) -> NDArray[np.float32]:
    """Frame `number` before the label: float32 (HEIGHT, WIDTH, 3), 0..255."""
    random = np.random.default_rng(number)
    scene = portrait.astype(np.float32)
    if ALTERED_FROM <= number < ALTERED_TO:
        mask = blending_mask(portrait.shape[:2], random)
        scene = mask * altered + (1.0 - mask) * scene
    seen = cv2.warpAffine(
        scene,
        camera(number / RATE),
        (WIDTH, HEIGHT),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return seen + random.normal(0.0, 1.6, seen.shape).astype(np.float32)


def make(output: Path = OUTPUT) -> None:
    """Write the clip as H.264 in MP4."""
    cv2.setNumThreads(1)
    portrait = skimage.data.astronaut()
    altered = altered_portrait(portrait)
    words = label()
    with av.open(str(output), "w", options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = LABEL
        container.metadata["comment"] = "Portrait: NASA, public domain. Seconds 4 to 8 are altered."
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, RATE)
        stream.options = {"crf": "20", "preset": "slow", "threads": "1", "g": "50"}
        for number in range(RATE * SECONDS):
            pixels = frame(number, portrait, altered)
            pixels = words[..., 3:] * 255.0 * words[..., :3] + (1.0 - words[..., 3:]) * pixels
            picture = av.VideoFrame.from_ndarray(
                np.clip(np.rint(pixels), 0, 255).astype(np.uint8), format="rgb24"
            )
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


if __name__ == "__main__":
    make()
