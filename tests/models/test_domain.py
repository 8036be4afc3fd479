import json
from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.card import CardError, read_card, write_card
from models.domain import (
    MEASURES,
    PICTURE,
    POSE,
    Domain,
    find_ranges,
    measure,
    outside,
    picture,
    pose,
)
from models.preprocessing import TEMPLATE, align_face
from tests.weights import random_card

FRONTAL = TEMPLATE + 200
PROFILE = np.array([[190, 190], [202, 188], [215, 206], [196, 228], [204, 227]], float)
RANGES = {
    "turn": (-0.3, 0.3),
    "width": (0.7, 1.2),
    "nod": (0.3, 0.8),
    "size": (60.0, None),
    "sharpness": (8.0, 500.0),
    "noise": (0.3, 1.2),
    "brightness": (60.0, 200.0),
}


def textured(size=400, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(90, 160, (size, size, 3)).astype(np.uint8)


def values(**changed):
    usual = dict(zip(MEASURES, (0.0, 0.95, 0.5, 150.0, 80.0, 0.6, 120.0), strict=True))
    return np.array(list((usual | changed).values()), np.float32)


@given(
    turn=st.floats(-3.1, 3.1),
    scale=st.floats(0.1, 20),
    shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500)),
)
def test_pose_does_not_depend_on_scale_place_or_tilt_of_the_head(turn, scale, shift):
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = scale * PROFILE @ rotate.T + shift
    assert pose(moved) == pytest.approx(pose(PROFILE), abs=1e-6)


def test_pose_tells_a_profile_from_a_frontal_face_and_left_from_right():
    turn, width, nod = pose(FRONTAL)
    assert (turn, width, nod) == pytest.approx((0, 35.2 / 40.7, 20.2 / 40.7))
    away, narrow, _ = pose(PROFILE)
    assert away > 0.3
    assert narrow < 0.4
    mirrored = (PROFILE * [-1, 1])[[1, 0, 2, 4, 3]]
    assert pose(mirrored)[0] == pytest.approx(-away)
    assert np.isnan(pose(np.zeros((5, 2)))).all()


def test_the_picture_of_a_crop_in_numbers():
    crop = textured(160)
    sharpness, noise, brightness = picture(crop)
    soft, smooth, same = picture(cv2.GaussianBlur(crop, (9, 9), 3))
    assert sharpness > 10 * soft
    assert noise > 5 * smooth
    assert brightness == pytest.approx(same, abs=1)
    assert picture(np.full((64, 64, 3), 90, np.uint8)) == pytest.approx([0, 0, 90], abs=0.5)
    grain = np.random.default_rng(1).normal(128, 5, (160, 160)).round().astype(np.uint8)
    assert picture(np.dstack([grain] * 3))[1] == pytest.approx(5, rel=0.05)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_size_is_that_of_the_face_in_the_frame(scale):
    landmarks = TEMPLATE * scale + 200
    crop = align_face(textured(), landmarks, 160, 1.25)
    assert measure(crop, landmarks, 1.25)[3] == pytest.approx(100 * scale, rel=1e-5)


def test_each_measure_has_its_own_two_bits():
    assert outside(values(), RANGES) == 0
    for number, (name, (low, high)) in enumerate(RANGES.items()):
        assert outside(values(**{name: low - 0.01}), RANGES) == 1 << 2 * number
        if high is not None:
            assert outside(values(**{name: high + 0.01}), RANGES) == 2 << 2 * number
    assert outside(values(width=np.nan), RANGES) == 1 << 2
    both = outside(np.stack([values(), values(turn=1.0, brightness=0.0)]), RANGES)
    assert both.tolist() == [0, (2 << 0) + (1 << 12)]
    assert both.dtype == np.int16


@given(
    column=st.lists(st.floats(-5, 500, width=32), min_size=1),
    share=st.floats(0.5, 1.0),
)
def test_ranges_hold_the_share_of_faces_that_they_promise(column, share):
    seen = np.array(column, np.float64)
    ranges = find_ranges(dict.fromkeys(MEASURES, seen), share, 60.0)
    assert tuple(ranges) == MEASURES
    assert ranges["size"] == (60.0, None)
    low, high = ranges["turn"]
    assert low == -high
    for name in POSE + PICTURE:
        low, high = ranges[name]
        slack = 0.01 * max(abs(low), abs(high)) + 1e-9
        kept = (seen >= low - slack) & (seen <= high + slack)
        # Quantiles are interpolated: a face on either side may fall between two of them.
        assert kept.sum() >= share * len(seen) - 2


def test_ranges_need_faces_that_were_measured():
    for column in (np.zeros(0), np.full(3, np.nan)):
        with pytest.raises(ValueError, match="finite"):
            find_ranges(dict.fromkeys(MEASURES, column), 0.99, None)


def test_a_card_keeps_its_ranges_and_an_older_one_has_none(tmp_path):
    domain = Domain("drawn faces", 12, 0.99, dict(RANGES))
    card = replace(random_card(), domain=domain)
    write_card(card, tmp_path / "a.card.json")
    assert read_card(tmp_path / "a.card.json") == card
    write_card(random_card(), tmp_path / "b.card.json")
    assert "domain" not in json.loads((tmp_path / "b.card.json").read_text())
    assert read_card(tmp_path / "b.card.json").domain is None


@pytest.mark.parametrize("ranges", [{"turn": [0, 1]}, RANGES | {"nod": [1, 0]}, RANGES | {"x": 1}])
def test_wrong_ranges_are_refused(tmp_path, ranges):
    write_card(random_card(), tmp_path / "a.card.json")
    content = json.loads((tmp_path / "a.card.json").read_text())
    content["domain"] = asdict(Domain("x", 1, 0.99, {})) | {"ranges": ranges}
    (tmp_path / "a.card.json").write_text(json.dumps(content))
    with pytest.raises(CardError):
        read_card(tmp_path / "a.card.json")
