from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.metrics import auc, bootstrap_auc
from models.training.ranking import Curve, confusion, ranks, spearman
from models.training.reliability import (
    calibration_error_by_chance,
    cllr,
    coverage_curve,
    even_odds,
    expected_calibration_error,
    logit,
    min_cllr,
    pool_adjacent_violators,
    reliability_bins,
)
from models.training.resampling import PersonBootstrap


def once(cases):
    return np.ones((1, cases))


@st.composite
def labelled(draw, least=1):
    reals = draw(st.lists(st.integers(0, 10), min_size=least, max_size=12))
    fakes = draw(st.lists(st.integers(0, 10), min_size=least, max_size=12))
    scores = np.array(reals + fakes) / 10
    return scores, np.arange(len(scores)) >= len(reals)


@given(labelled())
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(case):
    scores, fake = case
    value = Curve(scores, fake).figures(once(len(scores)))["auc"][0]
    assert value == pytest.approx(auc(scores[~fake], scores[fake]))


@given(labelled(), st.data())
def test_a_weight_is_a_repetition(case, data):
    scores, fake = case
    counts = np.array(
        data.draw(st.lists(st.integers(0, 3), min_size=len(fake), max_size=len(fake)))
    )
    again = np.repeat(np.arange(len(fake)), counts)
    curve, weights = Curve(scores, fake), counts[None].astype(float)
    weighted = curve.figures(weights) | curve.decisions(0.45, weights)
    if not len(again):
        assert all(np.isnan(value[0]) for value in weighted.values())
        return
    curve, weights = Curve(scores[again], fake[again]), once(len(again))
    repeated = curve.figures(weights) | curve.decisions(0.45, weights)
    for name, value in repeated.items():
        assert weighted[name][0] == pytest.approx(value[0], nan_ok=True), name


def test_average_precision_of_a_known_ranking():
    # sklearn's documented example: 0.8333
    scores, fake = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])
    found = Curve(scores, fake).figures(once(4))
    assert found["average_precision"][0] == pytest.approx(5 / 6)


@given(labelled())
def test_average_precision_is_precision_at_each_hit_where_nothing_ties(case):
    _, fake = case
    scores = np.random.default_rng(0).permutation(len(fake)).astype(float)
    order = np.argsort(-scores)
    places = np.flatnonzero(fake[order]) + 1
    wanted = np.mean(np.arange(1, len(places) + 1) / places)
    found = Curve(scores, fake).figures(once(len(fake)))
    assert found["average_precision"][0] == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("real", "fake", "rate"),
    [
        ([0.1, 0.2], [0.8, 0.9], 0.0),
        ([0.8, 0.9], [0.1, 0.2], 1.0),
        ([0.5, 0.5], [0.5, 0.5], 0.5),
        ([0.1, 0.2, 0.3, 0.7], [0.25, 0.6, 0.8, 0.9], 0.25),
        ([0.1, 0.6], [0.4, 0.8], 0.5),
    ],
)
def test_equal_error_rates(real, fake, rate):
    scores, label = np.array(real + fake), np.arange(len(real + fake)) >= len(real)
    found = Curve(scores, label).figures(once(len(scores)))
    assert found["equal_error_rate"][0] == pytest.approx(rate)


def test_equal_error_rate_of_two_normal_distributions():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0, 1, 40000), rng.normal(2, 1, 40000)])
    fake, nobody = np.repeat([False, True], 40000), np.zeros(80000, np.intp)
    found = Curve(scores, fake, nobody).figures(once(1))
    assert found["equal_error_rate"][0] == pytest.approx(0.1587, abs=0.005)  # Phi(-1)
    assert found["auc"][0] == pytest.approx(0.9214, abs=0.005)  # Phi(2 / sqrt 2)


@given(labelled())
def test_the_four_counts_and_what_follows_from_them(case):
    scores, fake = case
    called = scores > 0.5
    counts, found = confusion(called, fake), Curve(scores, fake).decisions(0.5, once(len(fake)))
    hits, alarms = counts["true_positives"], counts["false_positives"]
    assert sum(counts.values()) == len(fake)
    assert found["accuracy"][0] == pytest.approx((called == fake).mean())
    assert found["recall"][0] == pytest.approx(hits / fake.sum())
    assert found["false_positive_rate"][0] == pytest.approx(alarms / (~fake).sum())
    precision, recall = found["precision"][0], found["recall"][0]
    if not called.any():
        assert np.isnan(precision)
    elif hits:
        assert found["f1"][0] == pytest.approx(2 * precision * recall / (precision + recall))


def test_one_class_alone_allows_no_figure():
    curve = Curve(np.array([0.1, 0.2]), np.array([False, False]))
    assert all(np.isnan(value[0]) for value in curve.figures(once(2)).values())
    with pytest.raises(ValueError, match="both classes"):
        curve.roc()
    with pytest.raises(ValueError, match="finite"):
        Curve(np.array([np.nan]), np.array([True]))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20))
def test_ranks_share_ties(values):
    values = np.array(values)
    wanted = [(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values]
    assert np.allclose(ranks(values), wanted)


def test_rank_correlation():
    one = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert spearman(one, one**3, once(5))[0] == pytest.approx(1.0)
    assert spearman(one, -one, once(5))[0] == pytest.approx(-1.0)
    other = np.array([2.0, 1.0, 4.0, 3.0, 5.0])  # 1 - 6 * 4 / (5 * 24)
    assert spearman(one, other, once(5))[0] == pytest.approx(0.8)
    assert np.isnan(spearman(one, np.ones(5), once(5))[0])


def test_likelihood_ratios_that_say_nothing_cost_one_bit():
    fake = np.array([False, True, True])
    assert cllr(np.zeros(3), fake, once(3))[0] == pytest.approx(1.0)
    assert cllr(np.array([-30.0, 30, 30]), fake, once(3))[0] == pytest.approx(0.0, abs=1e-9)
    assert cllr(np.array([5.0, -5, -5]), fake, once(3))[0] > 5


def test_the_cost_is_the_mean_over_both_classes():
    llr, fake = np.log([0.5, 2.0, 4.0]), np.array([False, False, True])
    wanted = 0.5 * np.log2(1 + 1 / 4) + 0.5 * (np.log2(1.5) + np.log2(3)) / 2
    assert cllr(llr, fake, once(3))[0] == pytest.approx(wanted)


@settings(max_examples=50)
@given(labelled())
def test_no_rising_calibration_costs_less_than_the_best_one(case):
    scores, fake = case
    best = min_cllr(scores, fake, once(len(fake)))[0]
    assert 0 <= best <= 1 + 1e-9
    for slope, offset in ((0.0, 0.0), (1.0, 0.0), (2.0, -1.0), (0.3, 0.5)):
        llr = slope * logit(scores) + offset
        assert cllr(llr, fake, once(len(fake)))[0] >= best - 1e-9


def test_separated_scores_have_no_cost_of_order():
    scores, fake = np.array([0.1, 0.2, 0.8]), np.array([False, False, True])
    assert min_cllr(scores, fake, once(3))[0] == pytest.approx(0.0)
    assert min_cllr(-scores, fake, once(3))[0] == pytest.approx(1.0)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=12))
def test_pooling_gives_the_nearest_rising_sequence(values):
    values = np.array(values, float)
    found = pool_adjacent_violators(values, np.ones(len(values)))
    assert (np.diff(found) >= 0).all()
    assert found.sum() == pytest.approx(values.sum())
    # Brunk's formula: the greatest least mean of what lies around.
    mean = [
        max(min(values[a : b + 1].mean() for b in range(i, len(values))) for a in range(i + 1))
        for i in range(len(values))
    ]
    assert np.allclose(found, mean)


def test_calibration_error_is_how_far_the_shares_lie_from_what_was_said():
    fake = np.array([False, True, False, True])
    assert expected_calibration_error(np.full(4, 0.5), fake, once(4))[0] == pytest.approx(0.0)
    assert expected_calibration_error(np.full(4, 0.9), fake, once(4))[0] == pytest.approx(0.4)
    sure = np.array([0.0, 1.0, 0.0, 1.0])
    assert expected_calibration_error(sure, fake, once(4))[0] == pytest.approx(0.0)
    rows = reliability_bins(
        np.array([0.05, 0.95, 0.95, 0.95]), np.array([False, False, True, True])
    )
    assert [row["cases"] for row in rows] == [1, 3]
    assert rows[1]["share"] == pytest.approx(0.5 / 0.75)


def test_perfect_posteriors_have_hardly_any_calibration_error():
    rng = np.random.default_rng(3)
    posterior = rng.random(60000)
    fake = rng.random(60000) < posterior
    assert expected_calibration_error(posterior, fake, once(60000))[0] < 0.01
    assert even_odds(logit(posterior)) == pytest.approx(posterior, abs=1e-5)


def test_what_few_cases_show_by_chance():
    rng = np.random.default_rng(5)
    said = rng.uniform(0.2, 0.9, 4000)
    fake = rng.random(4000) < said
    few = calibration_error_by_chance(said[:60], fake[:60])
    many = calibration_error_by_chance(said, fake)
    assert 0 < many.low < many.value < many.high < few.low < few.value < few.high
    found = [
        expected_calibration_error(said[at : at + 60], fake[at : at + 60], once(60))[0]
        for at in range(0, 3960, 60)
    ]
    assert few.value == pytest.approx(np.mean(found), abs=0.02)
    assert calibration_error_by_chance(said[:60], fake[:60]) == few


def test_a_wider_zone_concludes_less():
    evidence = np.array([-3.0, -1.0, 0.5, 2.0, 3.0, -2.0])
    fake = np.array([False, False, False, True, True, True])
    rows = coverage_curve(evidence, fake)
    assert rows[0] == {
        "half_width": 0.0,
        "concluded": 6,
        "coverage": 1.0,
        "wrong": 2,
        "error": pytest.approx(1 / 3),
        "false_positives": 1,
        "false_negatives": 1,
    }
    assert [row["concluded"] for row in rows] == [6, 5, 4, 2]
    assert [row["wrong"] for row in rows] == [2, 1, 1, 0]
    assert all(a["half_width"] < b["half_width"] for a, b in pairwise(rows[1:]))


def test_people_are_resampled_whole():
    people = np.array(list("aabbbc"))
    for block in PersonBootstrap(people, 50).weights():
        assert (block[:, 0] == block[:, 1]).all()
        assert (block[:, 2] == block[:, 4]).all()
        assert (block[:, [0, 2, 5]].sum(axis=1) == 3).all()
    with pytest.raises(ValueError, match="cases"):
        PersonBootstrap(np.array([]))


def test_the_interval_is_that_of_the_earlier_bootstrap():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0, 1, 60), rng.normal(1, 1, 60)])
    fake, people = np.repeat([False, True], 60), np.array([f"p{i % 40}" for i in range(120)])
    found = PersonBootstrap(people).intervals(Curve(scores, fake).figures)["auc"]
    before = bootstrap_auc(scores, fake, people)
    assert found.value == pytest.approx(before.value)
    assert (found.low, found.high) == pytest.approx((before.low, before.high), abs=0.02)


def test_one_weight_for_each_person_gives_the_same_intervals():
    rng = np.random.default_rng(2)
    scores, fake = rng.integers(0, 20, 90) / 20, rng.random(90) < 0.5
    again = PersonBootstrap(np.array([f"p{i % 7}" for i in range(90)]), 200)
    case_by_case = again.intervals(Curve(scores, fake).figures)
    shared = again.intervals(Curve(scores, fake, again.person).figures, per_person=True)
    for name, found in shared.items():
        wanted = case_by_case[name]
        assert (found.value, found.low, found.high) == pytest.approx(
            (wanted.value, wanted.low, wanted.high)
        )


def test_four_people_without_an_error_are_no_certainty():
    scores, fake = np.array([0.1, 0.2, 0.3, 0.8, 0.9]), np.array([False] * 3 + [True] * 2)
    again = PersonBootstrap(np.array(list("abcde")), 50, fake=fake)
    assert (again.people, again.trials) == (5, 2)
    found = again.intervals(Curve(scores, fake).figures)
    area, rate = found["auc"], found["equal_error_rate"]
    assert (area.value, area.low, area.high) == pytest.approx((1.0, 0.025**0.5, 1.0))
    assert (rate.value, rate.low, rate.high) == pytest.approx((0.0, 0.0, 1 - 0.025**0.5))


def test_what_no_resample_allows_is_not_known():
    curve = Curve(np.array([0.1, 0.9]), np.array([True, True]))
    found = PersonBootstrap(np.array(["a", "b"]), 20).intervals(curve.figures)["auc"]
    assert np.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)
