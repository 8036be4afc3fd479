"""From a frame and five landmarks to the pixels a network sees.

Training and analysis call the same two functions, so that a network never meets a crop made
in another way than the ones it learned from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

TEMPLATE = np.array(
    [[-17.6, -12.0], [17.6, -12.0], [0.0, 8.2], [-14.6, 28.7], [14.6, 28.7]], dtype=np.float64
)
"""Where left eye, right eye, nose, left and right mouth corner of a frontal face lie, float64
``(5, 2)``, relative to the centre of the face, in hundredths of the face's size (about the
height of an MTCNN box). "Left" is the left of the picture."""

FACE_SIZE = 100.0


def face_transform(
    landmarks: NDArray[np.floating], size: int, margin: float
) -> NDArray[np.float64]:
    """The similarity transform that lays five landmarks onto the template.

    The least-squares solution without reflection (Umeyama, PAMI 1991), in closed form.

    Args:
        landmarks: Left eye, right eye, nose, left and right mouth corner, float ``(5, 2)``,
            x and y in pixels of the frame.
        size: Side of the crop in pixels.
        margin: How many face sizes the crop's side spans.

    Returns:
        Affine matrix from frame pixels to crop pixels, float64 ``(2, 3)``.

    Raises:
        ValueError: The landmarks are not five finite points, or they coincide.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        raise ValueError(f"expected five finite landmarks, got shape {points.shape}")
    target = template_points(size, margin)
    source = points @ np.array([1.0, 1.0j])
    wanted = target @ np.array([1.0, 1.0j])
    centred = source - source.mean()
    spread = float(np.sum(np.abs(centred) ** 2))
    if spread < 1e-6:
        raise ValueError("the five landmarks coincide")
    turn = complex(np.sum(np.conj(centred) * (wanted - wanted.mean())) / spread)
    if abs(turn) < 1e-9:
        raise ValueError("the five landmarks do not resemble a face")
    shift = complex(wanted.mean() - turn * source.mean())
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def template_points(size: int, margin: float) -> NDArray[np.float64]:
    """Where the five landmarks belong in a crop.

    Args:
        size: Side of the crop in pixels.
        margin: How many face sizes the crop's side spans.

    Returns:
        float64 ``(5, 2)``, x and y in pixels of the crop.

    Raises:
        ValueError: Size or margin is not positive.
    """
    if size <= 0 or margin <= 0:
        raise ValueError(f"size and margin must be positive, got {size} and {margin}")
    return TEMPLATE * (size / (margin * FACE_SIZE)) + (size - 1) / 2


def align_face(
    frame: NDArray[np.uint8], landmarks: NDArray[np.floating], size: int, margin: float
) -> NDArray[np.uint8]:
    """Cut a face out upright, centred and at a fixed size.

    Where the face is larger than the crop, the frame is first reduced by area averaging, so that
    fine detail is averaged and not aliased. Outside the frame the picture continues by
    reflection: a constant border would draw an edge that the network could mistake for a seam.

    Args:
        frame: RGB pixels, uint8 ``(H, W, 3)``, 0..255.
        landmarks: Left eye, right eye, nose, left and right mouth corner, float ``(5, 2)``,
            x and y in pixels of the frame.
        size: Side of the crop in pixels.
        margin: How many face sizes the crop's side spans.

    Returns:
        RGB pixels, uint8 ``(size, size, 3)``, 0..255.

    Raises:
        ValueError: The frame is not RGB bytes, the landmarks are unusable, or the face lies wholly
            outside the frame.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise ValueError(f"expected uint8 (H, W, 3), got {frame.dtype} {frame.shape}")
    matrix = face_transform(landmarks, size, margin)
    region, matrix = _reduce(frame, matrix, size)
    return np.asarray(
        cv2.warpAffine(
            region, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        ),
        dtype=np.uint8,
    )


def normalise(
    crops: NDArray[np.uint8], mean: tuple[float, ...], std: tuple[float, ...]
) -> torch.Tensor:
    """Turn crops into what a network takes.

    Args:
        crops: RGB pixels, uint8 ``(N, S, S, 3)``, 0..255.
        mean: Subtracted per channel, on a scale of 0..1.
        std: Divided by per channel, on a scale of 0..1.

    Returns:
        float32 tensor ``(N, 3, S, S)``, channels-last in memory.

    Raises:
        ValueError: The crops are not uint8 ``(N, S, S, 3)``.
    """
    import torch

    if crops.ndim != 4 or crops.shape[3] != 3 or crops.dtype != np.uint8:
        raise ValueError(f"expected uint8 (N, S, S, 3), got {crops.dtype} {crops.shape}")
    pixels = torch.from_numpy(np.array(crops, dtype=np.float32, order="C"))
    centre = torch.tensor(mean, dtype=torch.float32) * 255.0
    scale = torch.tensor(std, dtype=torch.float32) * 255.0
    return ((pixels - centre) / scale).permute(0, 3, 1, 2)


def sharpness(crop: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a crop's luma; 0 for a flat picture, larger is sharper.

    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.

    Args:
        crop: RGB pixels, uint8 ``(S, S, 3)``, 0..255.
    """
    return float(cv2.Laplacian(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def _reduce(
    frame: NDArray[np.uint8], matrix: NDArray[np.float64], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The part of the frame under the crop, shrunk to the crop's resolution, and its matrix."""
    height, width = frame.shape[:2]
    inverse = cv2.invertAffineTransform(matrix)
    ends = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]], dtype=np.float64)
    corners = ends @ inverse.T
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 2, 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 3, (width, height))
    if right - left < 2 or bottom - top < 2:
        raise ValueError("the face lies outside the frame")
    region = frame[top:bottom, left:right]
    matrix = matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ np.array([left, top], dtype=np.float64)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale >= 1.0:
        return region, matrix
    small_width = max(2, round((right - left) * scale))
    small_height = max(2, round((bottom - top) * scale))
    region = np.asarray(
        cv2.resize(region, (small_width, small_height), interpolation=cv2.INTER_AREA),
        dtype=np.uint8,
    )
    # cv2.resize aligns pixel edges, so centres move: x' = (x + 0.5) * f - 0.5.
    factors = np.array([small_width / (right - left), small_height / (bottom - top)])
    matrix[:, 2] += matrix[:, :2] @ (0.5 / factors - 0.5)
    matrix[:, :2] /= factors
    return region, matrix
