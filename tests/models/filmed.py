"""Drawn faces that stand in for people being filmed, and a finder that knows where they are."""

import csv

import cv2
import numpy as np

from models.preprocessing import template_points
from models.training.face_finding import Face
from models.training.outlines import POINTS
from models.training.store import STORE_MARGIN, STORE_SIZE
from tests.models.faces import drawn_outline, drawn_still, person
from tests.videos import make_video

SIDE = 256
DARK = 12.0
EYES = ([33, 133], [263, 362])


def sway(number):
    """Where the face is in a frame: the upper left corner of its crop, pixels."""
    return np.array([24 + 12 * np.sin(number / 6), 24 + 9 * np.cos(number / 4)]).round()


def picture(look, number):
    """Frame `number` of a person who looks like drawn still `look`; black where that is None."""
    frame = np.zeros((SIDE, SIDE, 3), np.uint8)
    if look is not None:
        x, y = sway(number).astype(int)
        face = cv2.GaussianBlur(drawn_still(look).pixels, (0, 0), 1.2)
        frame[:] = 90
        frame[y : y + STORE_SIZE, x : x + STORE_SIZE] = face
    return frame


def film(path, looks):
    """A video: one look, or None, for each frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [picture(look, number) for number, look in enumerate(looks)]
    return make_video(path, size=(SIDE, SIDE), pictures=frames, options={"crf": "14"})


def follow(frames, border=0.0, device="cpu"):
    """`follow_face` for films: the face is where `sway` says, one run unless frames are missing."""
    run, last = 0, None
    for frame in frames:
        if frame.pixels.mean() < DARK:
            continue
        run += last is not None and frame.number != last + 1
        last = frame.number
        marks = template_points(STORE_SIZE, STORE_MARGIN) + sway(frame.number)
        corner = sway(frame.number) + 40
        box = np.concatenate([corner, corner + 128]).astype(np.float32)
        yield run, frame, Face(box, marks.astype(np.float32))


class Outlines:
    """In place of the outline network: rings about the face, eyes where they belong."""

    def __init__(self, bundle):
        pass

    def __call__(self, crop):
        points = drawn_outline(0)
        assert points.shape == (POINTS, 2)
        for eye, place in zip(EYES, template_points(STORE_SIZE, STORE_MARGIN)[:2], strict=True):
            points[eye] = place
        return points, 5.0


def film_all(folder, people=8, frames=40):
    """Authentic films of people, of whom every third is held out, and what gives no run.

    A fake that is no video at all, a film cut in the middle, one of nobody, one that is damaged.
    """
    rows = []
    for number in range(people):
        rows.append((f"real_{number}.mp4", "real", person(number)))
        film(folder / rows[-1][0], [number] * frames)
    film(folder / "cut.mp4", [20] * 16 + [22] * 16)
    film(folder / "nobody.mp4", [None] * frames)
    (folder / "damaged.mp4").write_bytes(b"no video")
    (folder / "fake.mp4").write_bytes(b"never opened")
    rows += [("cut.mp4", "real", person(20)), ("nobody.mp4", "real", "nobody")]
    rows += [("damaged.mp4", "real", "damaged"), ("fake.mp4", "fake", "585_599")]
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerows([("file", "label", "identity"), *rows])
    return folder
