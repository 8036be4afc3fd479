"""Scores that are changed between the end of a program and the next opening of its case."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copytree

import pytest

from tests.cases.killed_runs import FACES, FRAMES, killed_in, said, tamper
from workstation.cases import seals
from workstation.cases.agreement import disagreements, refuse_altered_run, run_agrees
from workstation.cases.case import Case
from workstation.cases.custody import Act, CustodyLog
from workstation.errors import CaseError

pytestmark = pytest.mark.usefixtures("account")


def test_what_was_left_as_it_was_is_bound(killed: Path) -> None:
    with Case.open(killed, read_only=True) as case:
        assert disagreements(case) == ()
    assert said(killed) == ([], [])
    with Case.open(killed) as case:
        details = case.custody.entries()[-1].details
        found = {"seals_sha256", "account", "code"}
        assert set(details) == {"run", "frames_done", "reason", *found}
        assert run_agrees(case, case.runs.get(1), case.custody.entries())


CHANGES = [
    "UPDATE faces SET score = 0.9 WHERE frame = 3",
    "UPDATE faces SET x = x + 1 WHERE frame = 3",
    "UPDATE faces SET outside = 1 WHERE frame = 25",
    "DELETE FROM faces WHERE frame = 25",
    "UPDATE undecodable SET last = 35",
    "DELETE FROM undecodable",
    "UPDATE committed SET stop = 30 WHERE first = 20",
    'UPDATE runs SET detector = \'{"name":"e"}\'',
    "UPDATE runs SET settings = '{}'",
    "UPDATE seals SET sha256 = replace(sha256, 'a', 'b')",
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_before_the_next_opening_is_found(killed: Path, change: str) -> None:
    tamper(killed, change)
    with Case.open(killed, read_only=True) as case:
        assert any("Run 1 on E001" in sentence for sentence in disagreements(case))
    found, _ = said(killed)
    assert any("Run 1 on E001" in sentence for sentence in found)
    with Case.open(killed) as case:
        assert not run_agrees(case, case.runs.get(1), case.custody.entries())


@pytest.mark.parametrize("change", CHANGES[:-1])
def test_a_change_after_it_is_found_too(killed: Path, change: str) -> None:
    assert said(killed) == ([], [])
    tamper(killed, change)
    found, _ = said(killed)
    assert any("Run 1 on E001" in sentence for sentence in found)


@pytest.mark.parametrize(
    "change",
    [
        ("UPDATE seals SET code = sha256",),
        ("UPDATE seals SET stop = 21 WHERE first = 20",),
        ("UPDATE seals SET code = (SELECT max(code) FROM seals)",),
    ],
)
def test_a_seal_made_elsewhere_that_says_it_is_ours_is_none(
    killed: Path, change: tuple[str, ...]
) -> None:
    tamper(killed, *change)
    with Case.open(killed) as case:
        assert "past this program" in case.runs.get(1).reason
        assert any("Run 1 on E001" in sentence for sentence in disagreements(case))


STRIPPED = pytest.mark.parametrize(
    "change",
    [
        ("DELETE FROM seals",),
        ("DELETE FROM seals", "UPDATE faces SET score = 0.99"),
        ("UPDATE seals SET account = 'another'",),
        ("DELETE FROM seals WHERE first = 20", "UPDATE faces SET score = 0.9 WHERE frame = 25"),
        ("INSERT INTO faces (run, frame, track, x, y, width, height, landmarks) "
         "VALUES (1, 55, 1, 0, 0, 9, 9, zeroblob(40))",),
    ],
)  # fmt: skip


@STRIPPED
def test_scores_whose_seals_were_taken_off_count_as_changed(
    killed: Path, change: tuple[str, ...], account: Callable[[str], None]
) -> None:
    tamper(killed, *change)
    for who in ("theirs", "mine"):
        account(who)
        with Case.open(killed, read_only=True) as case:
            (sentence,) = disagreements(case)
            with pytest.raises(CaseError, match="changed past this program"):
                refuse_altered_run(case, case.runs.get(1))
    assert said(killed) == ([sentence], [])
    assert "Run 1 on E001" in sentence
    with Case.open(killed) as case:
        assert "past this program" in case.runs.get(1).reason


@STRIPPED
def test_what_a_program_of_before_left_is_said_and_opens(
    tmp_path: Path, change: tuple[str, ...]
) -> None:
    folder = killed_in(tmp_path / "before")
    tamper(folder, *change)
    with Case.open(folder, read_only=True) as case:
        assert disagreements(case) == ()
        (remark,) = case.custody.verify().remarks
        assert "Run 1 of E001" in remark
        assert "what bound them was taken off" in remark
    found, (remark,) = said(folder)
    assert found == []
    assert "run 1 of E001" in remark
    assert "what bound them was taken off" in remark
    assert said(folder)[1] == [remark]
    tamper(folder, "UPDATE faces SET score = 0.9 WHERE frame = 3")
    assert any("Run 1 on E001" in sentence for sentence in said(folder)[0])


def test_findings_put_into_a_run_that_did_not_end_count_as_changed(killed: Path) -> None:
    tamper(killed, "INSERT INTO findings VALUES (1, 0, NULL, 'inconclusive', '[]', '{}')")
    with Case.open(killed, read_only=True) as case:
        assert any("Run 1 on E001" in sentence for sentence in disagreements(case))
    assert any("Run 1 on E001" in sentence for sentence in said(killed)[0])


def test_scores_of_another_account_are_not_read_to_open_its_case(
    killed: Path, account: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    account("theirs")
    with Case.open(killed, read_only=True) as case:
        assert disagreements(case) == ()
        (remark,) = case.custody.verify().remarks
        assert "not bound to the case by this account" in remark

    def read(*_: object) -> str:
        raise AssertionError("every row is read")

    with monkeypatch.context() as patched:
        patched.setattr(seals, "stretch_digest", read)
        Case.open(killed).close()
    with Case.open(killed) as case:
        details = case.custody.entries()[-1].details
        found = {"seals_sha256", "not_bound", "account", "code"}
        assert set(details) == {"run", "frames_done", "reason", *found}
        assert disagreements(case) == ()


def test_another_account_finds_what_it_can(killed: Path, account: Callable[[str], None]) -> None:
    account("theirs")
    tamper(killed, "UPDATE faces SET score = 0.9 WHERE frame = 3")
    assert any("Run 1 on E001" in sentence for sentence in said(killed)[0])


def test_a_case_taken_over_is_sealed_anew(killed: Path, account: Callable[[str], None]) -> None:
    account("theirs")
    assert "not bound" in said(killed)[1][0]
    with Case.open(killed) as case:
        case.runs.reopen(1)
        case.custody.append(Act.ANALYSIS_RESUMED, "E001", run=1, account=seals.account())
    with Case.open(killed) as case:
        assert "seals_sha256" in case.custody.entries()[-1].details
        assert disagreements(case) == ()


def test_seals_of_another_run_or_case_do_not_serve(killed: Path, tmp_path: Path) -> None:
    with Case.open(killed) as case:
        case.runs.start("E001", {"name": "d"}, {"grid": 5}, {}, "cpu", "float32", FRAMES)
        case.custody.append(Act.ANALYSIS_STARTED, "E001", run=2)
    tamper(
        killed,
        "INSERT INTO seals SELECT 2, first, stop, sha256, account, code FROM seals",
        "INSERT INTO committed SELECT 2, first, stop FROM committed",
    )
    with Case.open(killed) as case:
        assert "past this program" in case.runs.get(2).reason
        assert any("Run 2 on E001" in sentence for sentence in disagreements(case))


def test_a_case_of_before_opens_and_says_that_nothing_was_bound(tmp_path: Path) -> None:
    killed = killed_in(tmp_path / "before")
    tamper(
        killed,
        "DELETE FROM _sqlite_migrations WHERE name = 'seals_of_stretches'",
        "UPDATE facts SET only = only",
    )
    with closing(sqlite3.connect(killed / "case.sqlite")) as raw:
        raw.executescript("DROP TABLE seals; PRAGMA user_version=2;")
    with Case.open(killed, read_only=True) as case:
        assert disagreements(case) == ()
        assert len(case.runs.faces(1)) == 20
    found, (remark,) = said(killed)
    assert found == []
    assert "older version" in remark


def test_what_is_thrown_away_needs_no_seal(killed: Path) -> None:
    with Case.open(killed, read_only=False) as case:
        case.runs.discard(1)
        assert case.runs.seals.whole(1)
        assert case.runs.seals.hold(1)


def test_what_is_kept_of_a_stretch_is_sealed_anew(killed: Path) -> None:
    middle = FACES.where((FACES.frame >= 5) & (FACES.frame < 8))
    with Case.open(killed) as case:
        case.runs.reopen(1)
        case.runs.commit_stretch(1, 5, 8, middle, [])
        assert case.runs.seals.whole(1)
        assert case.runs.seals.hold(1)
        assert set(case.runs.sealed(1)) == {"results_sha256"}


def test_what_was_changed_is_not_sealed_with_what_is_kept(killed: Path) -> None:
    middle = FACES.where((FACES.frame >= 5) & (FACES.frame < 8))
    with Case.open(killed) as case:
        case.runs.reopen(1)
        tamper(killed, "UPDATE faces SET score = 0.9 WHERE frame = 3")
        with pytest.raises(CaseError, match="changed by another program"):
            case.runs.commit_stretch(1, 5, 8, middle, [])
        with pytest.raises(CaseError, match="changed by another program"):
            case.runs.reopen(1)
        assert not case.runs.seals.hold(1)


def test_the_entry_that_says_whose_seals_there_are_is_missed_where_it_was_made(
    killed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:  # a program that is killed does not note where it ends
        patched.setattr(CustodyLog, "remember", lambda _: None)
        Case.open(killed).close()
    before = killed.parent / "before"
    copytree(killed, before)
    with Case.open(killed) as case:
        case.runs.reopen(1)
        with monkeypatch.context() as patched:
            case.custody.append(Act.ANALYSIS_RESUMED, "E001", run=1, account=seals.account())
            patched.setattr(CustodyLog, "remember", lambda _: None)
            case.close()
    with Case.open(before, read_only=True) as case:
        (remark,) = case.custody.verify().remarks
        assert "entries were removed or rewritten" in remark


def test_a_run_that_the_log_never_began_is_not_entered_as_one(killed: Path) -> None:
    tamper(
        killed,
        "INSERT INTO runs SELECT 2, exhibit, detector, settings, versions, device, precision, "
        "started_utc, finished_utc, outcome, reason, frames FROM runs",
    )
    for _ in range(2):
        with Case.open(killed) as case:
            assert "past this program" in case.runs.get(2).reason
            assert [sentence[:5] for sentence in disagreements(case)] == ["Run 2"]
