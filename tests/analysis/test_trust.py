"""Findings from faces like the training's, and from likelihood ratios."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domain import MEASURES
from tests.analysis.test_segments_and_findings import RULE, of_exhibit, of_track, table, times
from workstation.analysis import trust
from workstation.analysis.findings import Thresholds, conclude
from workstation.analysis.segments import flag_segments
from workstation.cases.records import FaceTable, Finding

AWAY = 1 << 2 * MEASURES.index("width")
CALIBRATION = {
    "intercept": 0.0,
    "slope": 1.0,
    "quality_slope": 0.0,
    "score_range": [0.1, 0.9],
    "sharpness_range": [20.0, 400.0],
    "log10_bounds": [-0.8, 1.1],
    "real": 25,
    "fake": 38,
    "people": 21,
    "material": "drawn",
    "figures": {},
}
CALIBRATED = replace(RULE, card={"calibration": CALIBRATION})


def unlike(faces: FaceTable, rows, bits=AWAY) -> FaceTable:
    outside = np.zeros(len(faces), np.int16)
    outside[rows] = bits
    return replace(faces, outside=outside)


def calibrated(**changed) -> Thresholds:
    return replace(RULE, card={"calibration": CALIBRATION | changed})


def test_scores_of_faces_turned_away_do_not_count():
    faces = unlike(table((0, [0.1] * 60 + [0.99] * 50)), slice(60, None))
    record = of_track(faces)
    assert record.finding is Finding.DOES_NOT_SUPPORT
    assert record.statistics["mean"] == pytest.approx(0.1)
    assert record.statistics["scored"] == 110
    assert record.statistics["counted"] == 60
    assert record.statistics["unlike"] == {"turned away": 50}
    assert any("turned away in 50" in reason for reason in record.reasons)
    assert not flag_segments(faces, times(), 0.3, 0.7)
    whole = of_exhibit(faces)
    assert any(reason.startswith("60 of 400 frames") for reason in whole.reasons)
    assert any("like those of the training" in reason for reason in whole.reasons)


def test_a_track_mostly_unlike_the_training_is_inconclusive_either_way():
    for score in (0.99, 0.01):
        faces = unlike(table((0, [score] * 101)), slice(0, 51))
        record = of_track(faces)
        assert record.finding is Finding.INCONCLUSIVE
        assert record.reasons[0] == (
            "In 51 of the 101 scored frames of track 1 the face is unlike those the detector was "
            "trained on (turned away in 51); their scores do not count."
        )
        assert of_exhibit(faces).finding is Finding.INCONCLUSIVE
        fewer = unlike(table((0, [score] * 101)), slice(0, 50))
        assert of_track(fewer).finding is not Finding.INCONCLUSIVE


def test_a_background_face_turned_away_does_not_speak_for_the_exhibit():
    faces = table((0, [0.1] * 100), (0, [0.99] * 60))
    faces = unlike(faces, faces.track == 2)
    record = of_exhibit(faces)
    assert record.finding is Finding.INCONCLUSIVE
    assert record.statistics["mean"] == pytest.approx(0.1)
    segments, findings = conclude(faces, times(), (), RULE)
    assert segments == []
    assert [f.finding for f in findings[1:]] == [Finding.DOES_NOT_SUPPORT, Finding.INCONCLUSIVE]


def test_a_likelihood_ratio_stands_beside_the_finding_with_what_it_rests_on():
    record = of_track(table((0, [0.8] * 50)), CALIBRATED)
    assert record.finding is Finding.SUPPORTS
    assert record.statistics["log10_lr"] == pytest.approx(math.log10(4))
    assert record.reasons[1:3] == (
        "Likelihood ratio about 4: weak support for manipulation of the kinds covered.",
        "Calibrated on 25 authentic and 38 manipulated recordings of 21 people, with mean scores "
        "from 0.10 to 0.90; they support ratios from 1/6.3 to 13.",
    )
    whole = of_exhibit(table((0, [0.8] * 50)), rule=CALIBRATED)
    assert whole.reasons[1:3] == record.reasons[1:3]
    assert whole.statistics["lr_track"] == 1
    low = of_track(table((0, [0.2] * 50)), CALIBRATED)
    assert low.finding is Finding.DOES_NOT_SUPPORT
    assert low.reasons[1].startswith("Likelihood ratio about 1/4: weak support against")
    assert "says nothing about other kinds" in low.reasons[1]


def test_bounds_and_ranges_are_said_where_they_hold_a_ratio():
    record = of_track(table((0, [0.99] * 50)), calibrated(log10_bounds=[-0.5, 0.5]))
    assert record.statistics["log10_lr"] == 0.5
    assert record.statistics["lr_bounded"]
    assert record.statistics["lr_outside"]
    assert record.reasons[2].startswith("The score lies outside the range of the calibration")
    assert "held at the bound" in record.reasons[2]


@pytest.mark.parametrize("score", [0.8, 0.2])
def test_a_score_whose_ratio_supports_nothing_is_inconclusive(score):
    record = of_track(table((0, [score] * 50)), calibrated(slope=0.1))
    assert record.finding is Finding.INCONCLUSIVE
    assert record.reasons[0].endswith("but the likelihood ratio does not bear it out.")
    against = of_track(table((0, [score] * 50)), calibrated(intercept=-3 if score > 0.5 else 3))
    assert against.finding is Finding.INCONCLUSIVE


def test_without_calibration_or_frames_there_is_no_ratio():
    assert "log10_lr" not in of_track(table((0, [0.8] * 50))).statistics
    assert "log10_lr" not in of_track(table((0, [0.8] * 9)), CALIBRATED).statistics
    assert not any("ikelihood" in r for r in of_track(table((0, [0.8] * 9)), CALIBRATED).reasons)


def test_sharpness_of_the_faces_that_count_moves_the_ratio():
    rule = calibrated(quality_slope=0.5)
    faces = table((0, [0.6] * 50))
    sharp = replace(faces, sharpness=np.full(50, 400, np.float32))
    soft = replace(faces, sharpness=np.full(50, 20, np.float32))
    more, less = (of_track(one, rule).statistics for one in (sharp, soft))
    assert more["sharpness"] == 400
    assert more["log10_lr"] > less["log10_lr"]


@given(st.floats(-3, 3))
def test_ratios_in_words(log10_lr):
    words = trust.ratio_words(log10_lr)
    size = float(words.removeprefix("1/").replace(",", ""))
    assert (1 / size if "/" in words else size) == pytest.approx(10**log10_lr, rel=0.06)
    support = trust.support_words(log10_lr)
    assert ("too near 1" in support) == (abs(log10_lr) < 0.301)
    assert not any(word in support for word in ("probab", "authentic", "certain"))


def test_the_verbal_scale():
    words = [trust.support_words(math.log10(ratio)).split(" support")[0] for ratio in (2, 10, 100)]
    assert words == ["weak", "moderate", "moderately strong"]
    assert [trust.ratio_words(math.log10(r)) for r in (1, 0.98, 2.38, 17.8, 1234)] == [
        "1",
        "1",
        "2.4",
        "18",
        "1,200",
    ]


@given(score=st.floats(0, 1), away=st.integers(0, 60))
def test_findings_never_say_more_than_the_faces_that_count(score, away):
    faces = unlike(table((0, [score] * 60)), slice(0, away))
    record = of_track(faces, CALIBRATED)
    json.dumps(dict(record.statistics), allow_nan=False)
    if away > 30:
        assert record.finding is Finding.INCONCLUSIVE
    if record.finding is Finding.SUPPORTS:
        assert record.statistics["log10_lr"] >= 0.3
    if record.finding is Finding.DOES_NOT_SUPPORT:
        assert record.statistics["log10_lr"] <= -0.3
