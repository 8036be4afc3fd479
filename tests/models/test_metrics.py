import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.metrics import auc, bootstrap_auc, exact_interval
from models.training.thresholds import FORGED_BELOW, REAL_ABOVE, choose_thresholds

SCORES = st.lists(st.integers(0, 20).map(lambda value: value / 20), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("real", "fake", "wanted"),
    [
        ([0.1, 0.2], [0.3, 0.4], 1.0),
        ([0.3, 0.4], [0.1, 0.2], 0.0),
        ([0.1, 0.4, 0.35, 0.8], [0.1, 0.4, 0.35, 0.8], 0.5),
        ([0.1, 0.4], [0.35, 0.8], 0.75),
        ([0.5], [0.5], 0.5),
    ],
)
def test_known_areas(real, fake, wanted):
    assert auc(np.array(real), np.array(fake)) == pytest.approx(wanted)


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_in_the_right_order(real, fake):
    pairs = [(f > r) + 0.5 * (f == r) for f in fake for r in real]
    assert auc(np.array(real), np.array(fake)) == pytest.approx(np.mean(pairs))


@given(SCORES, SCORES)
def test_swapping_the_sides_mirrors_the_area(real, fake):
    one, other = auc(np.array(real), np.array(fake)), auc(np.array(fake), np.array(real))
    assert one + other == pytest.approx(1.0)


def test_an_empty_side_is_refused():
    with pytest.raises(ValueError, match="both sides"):
        auc(np.array([]), np.array([0.1]))


def test_the_interval_holds_the_value_and_repeats():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(0, 1, 60), rng.normal(1, 1, 60)])
    fake = np.repeat([False, True], 60)
    people = np.array([f"p{i % 40}" for i in range(120)])
    first, second = (bootstrap_auc(scores, fake, people, draws=300) for _ in range(2))
    assert first == second
    assert first.low < first.value < first.high
    assert first.low > 0.6
    assert first.high < 0.95


def test_few_people_make_a_wider_interval_than_many():
    rng = np.random.default_rng(1)
    offsets = np.repeat(rng.normal(0, 1, 6), 20)
    fake = np.tile([False, True], 60)
    scores = offsets + fake * 0.8 + rng.normal(0, 0.2, 120)
    few = bootstrap_auc(scores, fake, np.repeat(list("abcdef"), 20), draws=400)
    many = bootstrap_auc(scores, fake, np.arange(120).astype(str), draws=400)
    assert few.high - few.low > many.high - many.low


def test_perfect_separation_has_no_room():
    scores, fake = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])
    interval = bootstrap_auc(scores, fake, np.array(list("abcd")), draws=200)
    assert (interval.value, interval.low, interval.high) == (1.0, 1.0, 1.0)


def test_one_person_on_one_side_gives_no_narrow_interval():
    scores, fake = np.array([0.1, 0.9]), np.array([False, True])
    interval = bootstrap_auc(scores, fake, np.array(["a", "b"]), draws=1, seed=1)
    assert (interval.low, interval.high) in {(0.0, 1.0), (1.0, 1.0)}


def test_thresholds_keep_their_promised_shares():
    rng = np.random.default_rng(0)
    real, forged = rng.beta(2, 4, 5000), rng.beta(4, 2, 5000)
    decision = choose_thresholds(real, forged)
    assert decision.low < decision.high
    assert (real > decision.high).mean() <= REAL_ABOVE < (real > decision.high - 0.011).mean()
    assert (forged < decision.low).mean() <= FORGED_BELOW < (forged < decision.low + 0.011).mean()
    assert (round(decision.low, 2), round(decision.high, 2)) == (decision.low, decision.high)
    assert "5000 real" in decision.chosen


def test_where_all_is_clear_the_zone_closes():
    decision = choose_thresholds(np.linspace(0.0, 0.1, 50), np.linspace(0.9, 1.0, 50))
    assert 0.1 < decision.low <= decision.high < 0.9
    assert decision.high - decision.low < 0.011


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 25, 0.0, 0.1372), (2, 46, 0.0053, 0.1484), (5, 10, 0.1871, 0.8129), (3, 3, 0.2924, 1.0)],
)
def test_exact_interval_agrees_with_published_values(count, total, low, high):
    interval = exact_interval(count, total)
    assert interval.value == count / total
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-4)


def test_exact_interval_needs_cases():
    with pytest.raises(ValueError, match="cases"):
        exact_interval(0, 0)


def test_thresholds_need_both_kinds():
    with pytest.raises(ValueError, match="both kinds"):
        choose_thresholds(np.array([]), np.array([0.5]))
