import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.report.filled_case import Track, add, analyse, card, make_clip, new_case
from workstation.analysis.comparison import Relation
from workstation.analysis.references import relative_answer
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import ReferenceKind, RunOutcome

PART = {"deviation": 0.3, "degrees": 16, "measured_on": "labelled recordings"}
SPREAD = {"references": {"same_platform": PART, "any_platform": PART | {"deviation": 3.0}}}
PERSON, _, PLATFORM = ReferenceKind


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture
def case(tmp_path: Path, clip: Path) -> Iterator[Case]:
    """E001 scores high; E002 to E005 score low."""
    with new_case(tmp_path / "case") as case:
        for mean in (0.8, 0.3, 0.35, 0.25, 0.3):
            analyse(case, add(case, clip), [Track(1, 0, 40, mean)], detector=card(**SPREAD))
        yield case


def refer(case: Case, *numbers: str, kinds: tuple[ReferenceKind, ...] = (PLATFORM,)) -> None:
    for number in numbers:
        case.references.add("E001", number, kinds, "seen being recorded")


def again(case: Case, number: str, **changes: Any) -> None:
    """A newer run on an exhibit by a changed detector."""
    detector: Mapping[str, Any] = card(**SPREAD) | changes
    analyse(case, case.exhibits.get(number), [Track(1, 0, 40, 0.3)], detector=dict(detector))


def test_no_references_no_answer(case: Case) -> None:
    assert relative_answer(case, "E001") is None


def test_a_track_is_compared_with_its_references(case: Case) -> None:
    refer(case, "E002", "E003", "E004")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert (answer.problem, answer.recordings) == ("", 3)
    (track,) = answer.tracks
    assert track.comparison.relation is Relation.HIGHER
    assert track.comparison.questioned == pytest.approx(math.log(0.8 / 0.2), abs=0.4)
    assert track.comparison.mean == pytest.approx(math.log(0.3 / 0.7), abs=0.4)
    assert answer.spread is not None
    assert answer.spread.deviation == 0.3


def test_another_platform_needs_the_wider_spread(case: Case) -> None:
    refer(case, "E002", "E003")
    refer(case, "E004", kinds=(PERSON,))
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert answer.spread is not None
    assert answer.spread.deviation == 3.0
    assert answer.tracks[0].comparison.relation is Relation.LIKE


def test_copies_of_one_recording_count_once(case: Case) -> None:
    refer(case, "E002", "E003")
    case.references.add("E001", "E004", [PLATFORM], "a copy", copy_of="E002")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert (len(answer.compared), answer.recordings) == (3, 2)
    assert len(answer.tracks[0].comparison.references) == 2
    assert answer.tracks[0].comparison.relation is Relation.TOO_FEW


def test_as_many_frames_are_remarked(case: Case) -> None:
    refer(case, "E002", "E003")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert answer.references[0].remarks == ()
    assert "as many frames as E002" in answer.references[1].remarks[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weights": {"file": "other.safetensors", "sha256": "0" * 64}}, "other weights"),
    ],
)
def test_scores_of_other_weights_are_not_compared(
    case: Case, change: dict[str, Any], said: str
) -> None:
    again(case, "E001", **change)
    refer(case, "E002", "E003", "E004")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert answer.compared == ()
    assert all(said in one.problem for one in answer.references)
    assert answer.tracks[0].comparison.relation is Relation.TOO_FEW
    again(case, "E002", **change)
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert [one.reference.reference for one in answer.compared] == ["E002"]


def test_an_older_run_of_the_same_method_is_found(case: Case) -> None:
    again(case, "E002", weights={"file": "other.safetensors", "sha256": "0" * 64})
    refer(case, "E002")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert len(answer.compared) == 1


def test_other_settings_are_not_compared(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.report.filled_case.SETTINGS", {"grid": 3})
    again(case, "E001")
    refer(case, "E002")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert "other settings" in answer.references[0].problem


def test_what_was_not_analysed_says_so(case: Case, clip: Path) -> None:
    add(case, clip)
    refer(case, "E006", "E002")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert "E006 was not analysed" in answer.references[0].problem
    case.references.add("E006", "E002", [PLATFORM], "seen being recorded")
    other = relative_answer(case, "E006")
    assert other is not None
    assert "E006 was not analysed" in other.problem


def test_an_incomplete_run_is_not_compared(case: Case, clip: Path) -> None:
    made = analyse(case, add(case, clip), [Track(1, 0, 40, 0.3)], outcome=RunOutcome.CANCELLED)
    refer(case, made.exhibit)
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert "not complete" in answer.references[0].problem


def test_short_tracks_are_not_compared(case: Case, clip: Path) -> None:
    short = analyse(case, add(case, clip), [Track(1, 0, 9, 0.3)], detector=card(**SPREAD))
    refer(case, short.exhibit)
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert "long enough" in answer.references[0].problem


def test_an_altered_reference_is_left_out(case: Case) -> None:
    refer(case, "E002")
    case.custody.append(Act.EXHIBIT_VERIFIED, "E002", outcome="altered")
    answer = relative_answer(case, "E001")
    assert answer is not None
    assert "altered" in answer.references[0].problem


def test_what_speaks_against_a_reference_is_remarked(case: Case, clip: Path) -> None:
    tracks = [Track(1, 0, 40, 0.9), Track(2, 0, 30, 0.9)]
    made = analyse(case, add(case, clip), tracks, detector=card(**SPREAD))
    refer(case, made.exhibit, kinds=(PERSON,))
    answer = relative_answer(case, "E001")
    assert answer is not None
    (one,) = answer.references
    assert one.track == 1
    remarks = " ".join(one.remarks)
    assert "supports manipulation" in remarks
    assert "2 long face tracks" in remarks
    assert replace(one, logit=None).compared is False
