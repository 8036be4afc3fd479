"""A little of the hostile trial; for a whole night: python -m tests.hostile --minutes 480."""

import sys
from pathlib import Path

import pytest

from tests.hostile.corpus import FAMILIES, REFERENCES, corpus
from tests.hostile.runner import CRASHED, FAULT, HUNG, Tally, Victim, run
from tests.hostile.samples import Sample
from tests.hostile.seeds import make_seeds

SECONDS, SEED, LIMIT, PATIENCE = 20.0, 5, 90.0, 4.0


@pytest.mark.skipif(sys.platform == "win32", reason="process groups and pipes are POSIX")
def test_nothing_hostile_takes_the_program_down() -> None:
    every = len(FAMILIES) + 1
    tally = run(seconds=SECONDS, seed=SEED, limit=LIMIT, least=every, patience=PATIENCE)
    assert tally.failures == []
    assert tally.problems == []
    assert tally.lost == 0
    assert set(tally.outcomes) == {*FAMILIES, REFERENCES}


def test_the_trial_notices_failures(tmp_path: Path) -> None:
    """A trial that could not fail would say nothing."""
    tally = Tally()
    for outcome in (FAULT, CRASHED, HUNG):
        tally.add("family", Sample("one", "one.mp4"), outcome, "words", 1.0)
    assert [failure["outcome"] for failure in tally.failures] == [FAULT, CRASHED, HUNG]
    assert not tally.good
    with pytest.raises(RuntimeError, match="does not start"):
        Victim(tmp_path / "no case", tmp_path / "errors.txt")


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    seeds = make_seeds(tmp_path)
    once, again = (corpus(seeds, 3, tmp_path / "secret.mp4", 9) for _ in range(2))
    families = set()
    for (family, one), (_, other), _ in zip(once, again, range(150), strict=False):
        families.add(family)
        assert (one.what, one.name, one.data) == (other.what, other.name, other.data)
    assert families == {*FAMILIES, REFERENCES}
