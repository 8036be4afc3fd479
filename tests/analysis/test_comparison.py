import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.analysis.comparison import (
    MINIMUM_RECORDINGS,
    Relation,
    Spread,
    as_score,
    compare,
    mean_logit,
    t_quantile,
)

SPREAD = Spread(0.6, 16, "labelled recordings")
logits = st.floats(-6, 6)


@pytest.mark.parametrize(
    ("degrees", "wanted"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (9, 2.2622), (30, 2.0423)]
)
def test_quantiles_are_those_of_the_tables(degrees: int, wanted: float) -> None:
    assert t_quantile(0.975, degrees) == pytest.approx(wanted, abs=5e-5)


def test_quantiles_outside_are_refused() -> None:
    for share, degrees in ((0.4, 3), (1.0, 3), (0.9, 0)):
        with pytest.raises(ValueError, match="quantile"):
            t_quantile(share, degrees)


def test_the_interval_holds_one_more_recording_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    outside = 0
    for _ in range(1500):
        level = random.normal(0, 2)
        drawn = random.normal(level, 1.0, 4)
        # What is known beforehand was estimated too, from 16 degrees of freedom.
        spread = Spread(math.sqrt(random.chisquare(16) / 16), 16, "")
        found = compare(drawn[0], drawn[1:].tolist(), spread)
        assert found.low is not None
        assert found.high is not None
        outside += not found.low <= drawn[0] <= found.high
    assert 0.035 < outside / 1500 < 0.065


def test_without_a_known_spread_the_references_are_all_there_is() -> None:
    found = compare(3.0, [-1.0, 0.0, 1.0], None)
    half = 4.3027 * math.sqrt(4 / 3)
    assert (found.low, found.high) == (pytest.approx(-half, 1e-4), pytest.approx(half, 1e-4))
    assert (found.degrees, found.relation) == (2, Relation.LIKE)


@pytest.mark.parametrize("count", range(1, MINIMUM_RECORDINGS))
def test_too_few_references_say_nothing(count: int) -> None:
    found = compare(9.0, [-1.0] * count, SPREAD)
    assert found.relation is Relation.TOO_FEW
    assert found.high is not None
    assert found.high < 9.0


def test_no_reference_and_no_spread_give_no_interval() -> None:
    assert compare(1.0, [], SPREAD).mean is None
    assert compare(1.0, [0.0], None).low is None
    assert compare(1.0, [0.5, 0.5, 0.5], None).relation is Relation.TOO_FEW


def test_relations() -> None:
    references = [-1.2, -0.9, -1.0]
    assert compare(2.0, references, SPREAD).relation is Relation.HIGHER
    assert compare(-0.8, references, SPREAD).relation is Relation.LIKE
    assert compare(-4.0, references, SPREAD).relation is Relation.LOWER


def test_below_one_of_the_references_is_not_higher() -> None:
    narrow = Spread(0.1, 400, "")
    assert compare(2.0, [-1.0, -1.0, 2.5], narrow).relation is Relation.LIKE


@given(logits, st.lists(logits, min_size=3, max_size=10), st.floats(-3, 3))
def test_a_shift_of_all_recordings_changes_nothing(
    questioned: float, references: list[float], shift: float
) -> None:
    one = compare(questioned, references, SPREAD)
    other = compare(questioned + shift, [value + shift for value in references], SPREAD)
    assert one.distance == pytest.approx(other.distance, abs=1e-6)
    assert one.deviation == pytest.approx(other.deviation)


@given(logits, logits, st.lists(logits, min_size=3, max_size=10))
def test_a_higher_score_never_gives_a_lower_answer(
    one: float, other: float, references: list[float]
) -> None:
    order = [Relation.LOWER, Relation.LIKE, Relation.HIGHER]
    low, high = sorted((one, other))
    first, second = (compare(value, references, SPREAD).relation for value in (low, high))
    assert order.index(first) <= order.index(second)


def test_mean_logits_bear_scores_of_0_and_1() -> None:
    assert mean_logit(np.array([0.0, 1.0], np.float32)) == pytest.approx(0.0, abs=1e-6)
    assert as_score(mean_logit(np.full(5, 0.7))) == pytest.approx(0.7)
    with pytest.raises(ValueError, match="scores"):
        mean_logit(np.zeros(0))


def test_the_spread_comes_from_the_card() -> None:
    part = {"deviation": 0.5, "degrees": 9, "measured_on": "x"}
    card = {"references": {"same_platform": part, "any_platform": part | {"deviation": 0.9}}}
    shared = Spread.of_card(card, same_platform=True)
    other = Spread.of_card(card, same_platform=False)
    assert (shared, other) == (Spread(0.5, 9, "x"), Spread(0.9, 9, "x"))
    assert Spread.of_card({}, same_platform=True) is None
