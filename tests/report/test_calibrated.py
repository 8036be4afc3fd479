"""Likelihood ratios and faces unlike the training's, in the report."""

from pathlib import Path

from tests.analysis.test_trust import CALIBRATION
from tests.report.conftest import Signed
from tests.report.filled_case import Track, add, analyse, card, new_case
from workstation.report.signing import SigningIdentity
from workstation.report.writer import write_report

DOMAIN = {
    "material": "500 drawn stills.",
    "crops": 500,
    "share": 0.99,
    "ranges": {"width": [0.65, 1.25], "size": [60.0, None]},
}


def test_the_report_gives_ratios_with_what_they_rest_on(
    tmp_path: Path, identity: SigningIdentity, clip: Path
) -> None:
    path = tmp_path / "report.pdf"
    figures = {"Cllr cross-fitted": 0.61, "calibration error cross-fitted": 0.08}
    detector = card(calibration=CALIBRATION | {"figures": figures}, domain=DOMAIN)
    tracks = [Track(1, 0, 30, 0.75), Track(2, 0, 40, 0.99, away=(0, 40)), Track(3, 0, 40, 0.2)]
    with new_case(tmp_path / "case") as case:
        analyse(case, add(case, clip), tracks, detector=detector)
        record = write_report(case, path, identity)
    text = Signed(path, tmp_path, record).text()
    for words in (
        "weak support for manipulation of the kinds covered. Calibrated on 25 authentic and 38",
        "weak support against manipulation of the kinds covered; it says nothing about other kinds",
        "they support ratios from 1/6.3 to 13.",
        "A likelihood ratio says how many times more often",
        "natural logarithm of the likelihood ratio: 0 + 1 × log odds of the mean score",
        "cross-fitted: 0.61",
        "In all 40 scored frames of track 2 the face is unlike those the detector was",
        "(turned away in 40); their scores do not count.",
        "size 60 to any; width 0.65 to 1.25",
        "A face outside one of them is scored, but no finding rests on it.",
        "low where it was scored but unlike the training",
        "most scored frames unlike the training's faces: inconclusive",
    ):
        assert words in text, words


def test_without_calibration_the_report_gives_no_ratio(signed: Signed) -> None:
    text = signed.text()
    assert "not calibrated: no likelihood ratio is given" in text
    assert "ranges not stated on the card" in text
    assert "says how many times more often" not in text
