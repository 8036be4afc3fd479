from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.test_run_analysis import SHORT, analyse
from tests.weights import random_weights
from workstation.analysis import chunks, scheduling
from workstation.analysis.detector import read_detector
from workstation.analysis.faces import FaceFinder
from workstation.analysis.keeping import KeptChunks
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.agreement import disagreements
from workstation.cases.custody import Act
from workstation.cases.records import RunOutcome
from workstation.errors import CaseError


def scores(case, run):
    faces = case.runs.faces(run.id)
    return faces.frame, faces.track, faces.box, faces.score


@pytest.fixture
def analysed(moving_case, detector):
    return analyse(moving_case, detector)


def complete(case):
    return [entry for entry in case.custody.entries() if entry.act == Act.ANALYSIS_COMPLETE]


def refuse(*_):
    raise AssertionError("must not be called")


def test_the_same_detector_decodes_nothing_again(moving_case, detector, analysed, monkeypatch):
    monkeypatch.setattr(scheduling, "analyse_chunk", refuse)
    again = analyse(moving_case, detector)
    assert (again.outcome, again.id) == (RunOutcome.COMPLETE, analysed.id + 1)
    told = [entry.details["frames_from_cache"] for entry in complete(moving_case)]
    assert told == [0, analysed.frames]
    for one, other in zip(scores(moving_case, analysed), scores(moving_case, again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_another_detector_looks_for_no_faces(moving_case, analysed, tmp_path, monkeypatch):
    other = read_detector(random_weights(tmp_path, seed=7))
    with monkeypatch.context() as patched:
        patched.setattr(FaceFinder, "find", refuse)
        run = analyse(moving_case, other)
    moving_case.cache.trim(0)
    plain = analyse(moving_case, other)
    assert run.outcome is RunOutcome.COMPLETE
    assert plain.detector["weights"] == run.detector["weights"] != analysed.detector["weights"]
    for one, mine in zip(scores(moving_case, plain), scores(moving_case, run), strict=True):
        np.testing.assert_array_equal(one, mine)
    assert not np.array_equal(scores(moving_case, analysed)[3], scores(moving_case, run)[3])


def test_where_nobody_was_seen_nothing_is_decoded(case, clips, detector, monkeypatch):
    from tests.analysis import clips as scenes
    from workstation.evidence.intake import add_exhibit

    add_exhibit(case, clips(scenes.empty, 30))
    analyse(case, detector)
    case.cache.drop(analyse_key(case, detector))
    monkeypatch.setattr(chunks, "read_frames", refuse)
    again = analyse(case, detector)
    assert (again.outcome, again.frames_done) == (RunOutcome.COMPLETE, 30)


def analyse_key(case, detector):
    from workstation.analysis.replay import cache_key

    return cache_key(case.exhibits.get("E001"), detector, SHORT)


def test_no_more_is_kept_than_the_bound(moving_case, detector):
    settings = replace(SHORT, kept_megabytes=0)
    analyse(moving_case, detector, settings=settings)
    assert moving_case.cache.of_key(analyse_key(moving_case, detector)) == []


def test_the_largest_of_others_goes_first(case):
    for key, size in (("mine", 900), ("small", 100), ("large", 500), ("mine too", 300)):
        case.cache.put(key, 0, bytes(size))
    case.cache.trim(1400, ("mine too", "mine"))
    assert [len(case.cache.of_key(key)) for key in ("large", "small", "mine", "mine too")] == [
        0,
        1,
        1,
        1,
    ]
    case.cache.trim(400, ("mine too", "mine"))
    assert [len(case.cache.of_key(key)) for key in ("small", "mine", "mine too")] == [0, 0, 1]


def test_the_bound_divides_no_results():
    assert AnalysisSettings(kept_megabytes=5).shaping() == AnalysisSettings().shaping()


@pytest.mark.parametrize("place", ["keeping", "replay"])
def test_what_an_earlier_method_found_is_not_taken(place, moving_case, detector, monkeypatch):
    from workstation.analysis import keeping, replay

    exhibit = moving_case.exhibits.get("E001")
    key = {
        "keeping": lambda: keeping.faces_key(exhibit, "cpu", SHORT),
        "replay": lambda: replay.cache_key(exhibit, detector, SHORT),
    }[place]
    now = key()
    module = {"keeping": keeping, "replay": replay}[place]
    earlier = {**module.software_versions(), "analysis method": "3"}
    monkeypatch.setattr(module, "software_versions", lambda: earlier)
    assert key() != now


def test_a_cache_that_fails_in_the_end_leaves_a_complete_run(moving_case, detector, monkeypatch):
    def fail(*_):
        raise CaseError("The disk is full.")

    monkeypatch.setattr(KeptChunks, "make_room", fail)
    run = analyse(moving_case, detector)
    assert run.outcome is RunOutcome.COMPLETE
    assert moving_case.custody.entries()[-1].act == Act.ANALYSIS_COMPLETE
    assert disagreements(moving_case) == ()
