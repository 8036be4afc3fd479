"""Where shots begin: the analysis on its way and a look of its own find the same."""

import numpy as np
import pytest

from tests.analysis import clips as scenes
from tests.analysis.test_run_analysis import analyse
from workstation.analysis import cuts
from workstation.analysis.cuts import keep_cuts, known_cuts, look_for_cuts
from workstation.cases.case import Case
from workstation.errors import CaseError
from workstation.evidence.intake import add_exhibit


@pytest.fixture
def exhibit(case, clips):
    return add_exhibit(case, clips(scenes.with_cut, 66))


def test_nothing_is_known_before_anybody_looked(case, exhibit):
    assert known_cuts(case, exhibit) is None


def test_a_look_finds_what_the_analysis_noticed(case, exhibit, info, monkeypatch):
    analyse(case, info)
    noticed = known_cuts(case, exhibit)
    assert len(noticed) == 1
    case.cache.drop(cuts._key(exhibit))
    assert known_cuts(case, exhibit) is None
    for piece in (500, int(noticed[0]), int(noticed[0]) + 1, 7):
        monkeypatch.setattr(cuts, "PIECE", piece)
        assert look_for_cuts(case, "E001").tolist() == noticed.tolist()


def test_a_look_that_was_stopped_is_not_taken_for_a_whole_one(case, exhibit, monkeypatch):
    monkeypatch.setattr(cuts, "PIECE", 20)

    def announce(done, total):
        if done >= 40:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        look_for_cuts(case, "E001", announce)
    assert known_cuts(case, exhibit) is None


@pytest.mark.parametrize("blob", [b"", b"1234567", np.array([66, -3, 400], "<i8").tobytes()])
def test_a_damaged_cache_gives_no_wrong_cut(case, exhibit, blob):
    case.cache.put(cuts._key(exhibit), 0, blob)
    found = known_cuts(case, exhibit)
    assert found is None or not len(found)


def test_a_case_open_for_reading_only_knows_nothing_and_keeps_nothing(case, exhibit):
    keep_cuts(case, exhibit, 0, 66, np.array([30]))
    assert known_cuts(case, exhibit).tolist() == [30]
    folder = case.folder
    case.close()
    with Case.open(folder, read_only=True) as reading:
        assert known_cuts(reading, exhibit) is None
        with pytest.raises(CaseError):
            look_for_cuts(reading, "E001")
