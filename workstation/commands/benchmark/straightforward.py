"""The pipeline that anyone would write first, to compare with.

facenet-pytorch's MTCNN on every frame at full size, the detector's own torch network in float32 on
each frame's faces, its LSTM over each place's sequence: one step after another.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from workstation.errors import WorkstationError
from workstation.evidence.media import upright_rgb

if TYPE_CHECKING:
    from workstation.commands.benchmark.measuring import Means
    from workstation.commands.benchmark.scenes import Scene

_MOST_SECONDS = 30.0
_LEAST_FRAMES = 8


def compare(scene: Scene, means: Means, ours: float) -> dict[str, Any]:
    """Run the straightforward pipeline on a clip, or as much of it as goes into half a minute.

    Args:
        scene: The clip.
        means: What ours was measured with.
        ours: Frames per second.

    Returns:
        Plain JSON: its frames, seconds and frames per second, and the `ratio` of ours to that.

    Raises:
        WorkstationError: It cannot read the clip.
    """
    import torch

    threads, of_opencv = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(os.cpu_count() or 1)
    cv2.setNumThreads(os.cpu_count() or 1)
    try:
        frames, seconds = _run(scene, means)
    except av.FFmpegError as error:
        raise WorkstationError(
            f"The straightforward pipeline cannot read {scene.name} ({error.strerror}), so there "
            "is nothing to compare with. Measure without --compare, or choose another file."
        ) from error
    finally:
        torch.set_num_threads(threads)
        cv2.setNumThreads(of_opencv)
    speed = frames / seconds
    return {
        "straightforward": {
            "frames": frames,
            "seconds": round(seconds, 3),
            "frames_per_second": round(speed, 2),
        },
        "ratio": round(ours / speed, 2),
    }


def _run(scene: Scene, means: Means) -> tuple[int, float]:
    import torch
    from facenet_pytorch import MTCNN

    from models.weights import load_network

    device = means.detector.torch_device
    # The smallest face it looks for is ours: its own default of 20 pixels would be slower still.
    smallest = means.settings.smallest_face
    finder = MTCNN(keep_all=True, min_face_size=smallest, device=torch.device(device))
    network = load_network(means.detector.info.card_path, device).eval()
    seen: dict[int, list[torch.Tensor]] = {}
    with torch.inference_mode():
        for picture in _pictures(scene):  # networks are made ready for frames of this size
            _look(_pixels(picture), finder, network, means, {})
            break
        frames, start = 0, time.perf_counter()
        for picture in _pictures(scene):
            _look(_pixels(picture), finder, network, means, seen)
            frames += 1
            if time.perf_counter() - start > _MOST_SECONDS and frames >= _LEAST_FRAMES:
                break
        for track in seen.values():
            torch.softmax(network.temporal(torch.cat(track)[None]).float(), dim=-1)
        return frames, time.perf_counter() - start


def _pictures(scene: Scene) -> Iterator[Any]:
    # By no protocol and no pattern that its name may look like.
    with av.open(f"file:{scene.path.absolute()}", options={"pattern_type": "none"}) as container:
        yield from container.decode(video=0)


def _pixels(picture: Any) -> NDArray[np.uint8]:
    if picture.rotation:
        return upright_rgb(picture)
    return np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)


def _look(
    frame: NDArray[np.uint8],
    finder: Any,
    network: Any,
    means: Means,
    seen: dict[int, list[Any]],
) -> None:
    """Find, cut out and embed one frame's faces; the n-th from the left is track n."""
    from models.preprocessing import align_face, normalise

    if min(frame.shape[:2]) < finder.min_face_size:
        return  # facenet-pytorch fails on pictures that are smaller than any face it looks for
    boxes, _, landmarks = finder.detect(frame, landmarks=True)
    if boxes is None:
        return
    card = means.detector.info.card["preprocessing"]
    mean, std = tuple(card["mean"]), tuple(card["std"])
    for track, face in enumerate(np.argsort(np.asarray(boxes)[:, 0]).tolist()):
        points = np.asarray(landmarks[face], np.float32)
        crop = align_face(frame, points, card["size"], card["margin"])
        pixels = normalise(crop[None], mean, std).to(means.detector.torch_device)
        seen.setdefault(track, []).append(network.embed(pixels))
