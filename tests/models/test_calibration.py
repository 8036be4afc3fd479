import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.calibration import Calibration, score_of, weigh
from models.card import CardError, read_card, write_card
from models.training.calibrating import (
    CalibrationError,
    Recordings,
    calibrate,
    cost,
    cross_fit,
    empirical_bounds,
    fit,
)
from models.training.thresholds import calibrated_thresholds
from tests.weights import random_card

LINE = Calibration(
    intercept=0.5,
    slope=1.2,
    quality_slope=0.0,
    score_range=(0.1, 0.9),
    sharpness_range=(20.0, 400.0),
    log10_bounds=(-0.8, 1.1),
    real=25,
    fake=38,
    people=20,
    material="drawn",
    figures={},
)


def recordings(people=20, each=2, apart=1.5, seed=0, quality=0.0):
    """Log odds normal around half of `apart`, to which log sharpness adds; half the people fake."""
    rng = np.random.default_rng(seed)
    fake = np.repeat(np.arange(people) % 2 == 0, each)
    clear = rng.normal(4.5, 0.7, len(fake))
    odds = rng.normal(0, 1, len(fake)) + np.where(fake, 0.5, -0.5) * apart + quality * (clear - 4.5)
    names = np.repeat([f"person {n}" for n in range(people)], each)
    return Recordings(1 / (1 + np.exp(-odds)), fake, names, np.full(len(fake), ""), np.exp(clear))


@given(scores=st.tuples(st.floats(0, 1), st.floats(0, 1)), clear=st.floats(0.1, 2000))
def test_the_ratio_rises_with_the_score_and_stays_within_its_bounds(scores, clear):
    for quality_slope in (0.0, -0.4, 0.4):
        section = asdict(replace(LINE, quality_slope=quality_slope))
        low, high = (weigh(section, score, clear) for score in sorted(scores))
        assert -0.8 <= low.log10_lr <= high.log10_lr <= 1.1


def test_beyond_bounds_and_ranges_the_strength_says_so():
    section = asdict(replace(LINE, log10_bounds=(-0.2, 1.1)))
    assert weigh(section, 0.5, None).log10_lr == pytest.approx(0.5 / math.log(10))
    assert not weigh(section, 0.5, None).bounded
    low = weigh(section, 0.1, None)
    assert (low.log10_lr, low.bounded, low.outside) == (-0.2, True, False)
    assert weigh(section, 0.05, None) == replace(low, outside=True)
    assert weigh(section, 0.99, None).log10_lr == weigh(section, 0.9, None).log10_lr
    by_quality = section | {"quality_slope": 0.5}
    assert weigh(by_quality, 0.5, None).outside
    assert weigh(by_quality, 0.5, math.nan) == weigh(by_quality, 0.5, None)
    assert weigh(by_quality, 0.5, 5000.0).outside
    assert not weigh(by_quality, 0.5, 100.0).outside


@given(ratio=st.floats(0.01, 50))
def test_the_score_of_a_ratio_has_it_or_is_out_of_reach(ratio):
    score = score_of(LINE, ratio)
    if score in (0.0, 1.0):
        reached = 10 ** weigh(asdict(LINE), score, None).log10_lr
        assert reached < ratio if ratio > 1 else reached > ratio
    elif 0.1 < score < 0.9:
        assert 10 ** weigh(asdict(LINE), score, None).log10_lr == pytest.approx(ratio)


def test_the_line_is_that_of_the_distributions_scores_were_drawn_from():
    """Unit normals a distance d apart have a log likelihood ratio of d times the log odds."""
    line = fit(recordings(people=4000, each=1, apart=1.5), quality=False)
    assert line.slope == pytest.approx(1.5, abs=0.1)
    assert line.intercept == pytest.approx(0.0, abs=0.1)


def test_how_common_a_kind_is_among_the_recordings_moves_nothing():
    both = recordings(people=3000, each=1)
    few = both.rows(~both.fake | (np.arange(len(both)) % 10 == 0))
    one, other = fit(both, quality=False), fit(few, quality=False)
    assert other.intercept == pytest.approx(one.intercept, abs=0.15)
    assert other.slope == pytest.approx(one.slope, abs=0.15)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), apart=st.floats(0.5, 6))
def test_bounds_grow_with_people_and_never_pass_their_number(seed, apart):
    some = recordings(people=24, apart=apart, seed=seed)
    assume(fit(some, quality=False).slope > 0)
    made = calibrate(some, "drawn")
    low, high = made.log10_bounds
    assert -math.log10(13) <= low <= 0 <= high <= math.log10(13)
    for score in (0.0, 1.0):
        assert low <= weigh(asdict(made), score, None).log10_lr <= high


def test_scores_apart_without_an_error_still_give_a_finite_ratio():
    some = recordings(people=24, apart=40)
    made = calibrate(some, "drawn")
    assert made.log10_bounds[1] == pytest.approx(math.log10(12), abs=0.05)
    assert made.figures["Cllr cross-fitted"] < 0.2


def test_a_misleading_system_is_bounded_to_saying_nothing():
    some = recordings(people=24)
    assert empirical_bounds(np.where(some.fake, -3.0, 3.0), some) == (0, 0)


def test_calibration_lowers_the_cost_of_exaggerated_scores():
    some = recordings(people=60, apart=1.0)
    odds = 6 * np.log(some.scores / (1 - some.scores)) - 4
    loud = replace(some, scores=1 / (1 + np.exp(-odds)))
    figures = calibrate(loud, "drawn").figures
    assert figures["Cllr cross-fitted"] < 1 < figures["Cllr of the scores as they are"]
    assert (
        figures["calibration error cross-fitted"]
        < figures["calibration error of the scores as they are"]
    )


def test_quality_is_used_where_it_helps_only():
    assert calibrate(recordings(people=60, quality=-1.5), "x").quality_slope > 0.5
    assert calibrate(recordings(people=60, quality=0.0), "x").quality_slope == 0
    unknown = replace(recordings(people=60, quality=-1.5), sharpness=np.full(120, np.nan))
    assert calibrate(unknown, "x").quality_slope == 0


def test_nobody_is_judged_by_a_line_fitted_on_their_own_recordings():
    """A donor ties two people together; with a memory of itself the cost would be lower."""
    some = recordings(people=24)
    donors = some.donors.copy().astype("<U20")
    donors[0] = "person 5"
    tied = replace(some, donors=donors)
    groups = tied.groups()
    assert groups[0] == groups[1] == groups[10] == groups[11]
    assert len(np.unique(groups)) == 23
    flipped = replace(tied, scores=np.where(groups == groups[0], 1 - tied.scores, tied.scores))
    held = groups == groups[0]
    before, after = cross_fit(tied, quality=False), cross_fit(flipped, quality=False)
    line = fit(tied.rows(~held), quality=False)
    assert after[held] == pytest.approx(
        [weigh(asdict(line), s, 1.0).log10_lr * math.log(10) for s in flipped.scores[held]]
    )
    assert cost(before, tied.fake) < 1


@pytest.mark.parametrize(
    ("people", "each", "said"), [(8, 5, "of 4 people"), (12, 1, "6 authentic"), (2, 20, "1 people")]
)
def test_too_few_recordings_are_refused(people, each, said):
    with pytest.raises(CalibrationError, match=said):
        calibrate(recordings(people=people, each=each), "x")


def test_scores_the_wrong_way_round_are_refused():
    with pytest.raises(CalibrationError, match="do not rise"):
        calibrate(recordings(people=40, apart=-2.0), "x")


def test_thresholds_say_their_rate_their_counts_and_what_held_out_people_did():
    some = recordings(people=100, apart=2.0)
    made = calibrate(some, "x")
    decision = calibrated_thresholds(
        some, made, real_above=0.05, fake_below=0.05, minimum_frames=16
    )
    real, fake = some.scores[~some.fake], some.scores[some.fake]
    assert (real > decision.high).mean() <= 0.05
    assert (fake < decision.low).mean() <= 0.05
    assert decision.minimum_frames == 16
    for words in ("On 100 real and 100 forged", "at most 5%", "Exact 95 %", "chosen without"):
        assert words in decision.chosen
    assert weigh(asdict(made), decision.high, None).log10_lr >= math.log10(2) - 1e-9
    assert weigh(asdict(made), decision.low, None).log10_lr <= -math.log10(2) + 1e-9


def test_where_no_score_reaches_two_nothing_is_concluded():
    some = recordings(people=100, apart=2.0)
    timid = replace(calibrate(some, "x"), log10_bounds=(-0.2, 0.2))
    decision = calibrated_thresholds(
        some, timid, real_above=0.05, fake_below=0.05, minimum_frames=8
    )
    assert (decision.low, decision.high) == (0.0, 1.0)
    assert "Widened" in decision.chosen


def test_a_card_keeps_its_calibration(tmp_path):
    card = replace(random_card(), calibration=LINE)
    write_card(card, tmp_path / "a.card.json")
    assert read_card(tmp_path / "a.card.json") == card


@pytest.mark.parametrize(
    "wrong",
    [
        {"slope": -1.0},
        {"log10_bounds": [0.1, 1.0]},
        {"log10_bounds": [-1.0]},
        {"score_range": [0.9, 0.1]},
        {"sharpness_range": [0.0, 1.0]},
        {"real": 0},
        {"surprise": 1},
    ],
)
def test_a_wrong_calibration_is_refused(tmp_path, wrong):
    write_card(replace(random_card(), calibration=LINE), tmp_path / "a.card.json")
    content = json.loads((tmp_path / "a.card.json").read_text())
    content["calibration"] |= wrong
    (tmp_path / "a.card.json").write_text(json.dumps(content))
    with pytest.raises(CardError, match="calibration"):
        read_card(tmp_path / "a.card.json")
