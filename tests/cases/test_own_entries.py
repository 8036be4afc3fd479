"""Entries and triggers that somebody adds to a case, so that what was changed looks right."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.cases.killed_runs import FACES, said, tamper
from workstation.cases import own_entries, seals
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.digests import stretch_digest
from workstation.cases.records import RunOutcome
from workstation.errors import CaseError

pytestmark = pytest.mark.usefixtures("account")


def ended(folder: Path, act: Act, outcome: RunOutcome, **said: str) -> None:
    """Let the killed run end as somebody says that it did."""
    with Case.open(folder) as case:
        case.runs.finish(1, outcome)
        case.custody.append(act, "E001", run=1, results_sha256=case.runs.digest(1), **said)


FORGED = "INSERT INTO findings VALUES (1, 0, NULL, 'inconclusive', '[]', '{}')"


@pytest.mark.parametrize("who", ["theirs", "mine"])
@pytest.mark.parametrize(
    ("changes", "act", "outcome"),
    [
        (("UPDATE faces SET score = 0.9",), Act.ANALYSIS_CANCELLED, RunOutcome.CANCELLED),
        (("UPDATE faces SET score = 0.9",), Act.ANALYSIS_INTERRUPTED, RunOutcome.INTERRUPTED),
        ((FORGED,), Act.ANALYSIS_COMPLETE, RunOutcome.COMPLETE),
        ((FORGED,), Act.ANALYSIS_INTERRUPTED, RunOutcome.INTERRUPTED),
        (("DELETE FROM seals",), Act.ANALYSIS_INTERRUPTED, RunOutcome.INTERRUPTED),
    ],
)
def test_an_entry_that_somebody_adds_does_not_make_a_changed_run_right(
    killed: Path, changes: tuple[str, ...], act: Act, outcome: RunOutcome, who: str,
    account: Callable[[str], None],
) -> None:  # fmt: skip
    tamper(killed, *changes)
    # Somebody who writes the database makes no code, or one that is not this account's.
    account("theirs")
    said = {"account": seals.account()} if who == "theirs" else {}
    ended(killed, act, outcome, **said)
    account("mine")
    with Case.open(killed, read_only=True) as case:
        assert any("Run 1 on E001" in sentence for sentence in disagreements(case))


def test_a_complete_run_does_not_complete_again(
    killed: Path, account: Callable[[str], None]
) -> None:
    ended(killed, Act.ANALYSIS_COMPLETE, RunOutcome.COMPLETE, account=seals.account())
    tamper(killed, FORGED)
    for who in ("theirs", "mine"):
        account(who)
        with Case.open(killed) as case:
            case.custody.append(Act.ANALYSIS_RESUMED, "E001", run=1, account=seals.account())
        ended(killed, Act.ANALYSIS_COMPLETE, RunOutcome.COMPLETE, account=seals.account())
        with Case.open(killed, read_only=True) as case:
            assert any("Run 1 on E001" in sentence for sentence in disagreements(case))


def test_a_code_that_is_not_this_accounts_alters_the_log(
    killed: Path, account: Callable[[str], None]
) -> None:
    name = seals.account()
    account("theirs")
    with Case.open(killed) as case:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(own_entries, "cache_key", lambda: b"guessed")
            case.custody.append(Act.ANALYSIS_RESUMED, "E001", run=1, account=name)
        assert case.custody.verify().intact
    account("mine")
    with Case.open(killed, read_only=True) as case:
        assert "was not made by the account that it names" in case.custody.verify().problem


def test_another_account_that_found_a_killed_run_first_hides_no_forgery(
    killed: Path, account: Callable[[str], None]
) -> None:
    tamper(killed, "UPDATE faces SET score = 0.9 WHERE frame = 3")
    with Case.open(killed, read_only=True) as case:
        digest = stretch_digest(case._connection, 1, 0, 20)
    tamper(killed, f"UPDATE seals SET sha256 = '{digest}' WHERE first = 0")
    account("theirs")
    assert said(killed)[0] == []  # its codes cannot be checked here: a remark says so
    account("mine")
    with Case.open(killed, read_only=True) as case:
        assert any("Run 1 on E001" in sentence for sentence in disagreements(case))


TRIGGER = (
    "CREATE TRIGGER forger AFTER INSERT ON faces BEGIN UPDATE faces SET score = 0.99 "
    "WHERE run = NEW.run AND frame = NEW.frame AND track = NEW.track; END"
)


def test_a_trigger_laid_into_an_open_case_changes_nothing(killed: Path) -> None:
    table = FACES.where(FACES.frame < 20)
    with Case.open(killed) as case:
        case.runs.reopen(1)
        with closing(sqlite3.connect(killed / "case.sqlite")) as raw:
            raw.execute(TRIGGER)
            for act in (
                lambda: case.runs.commit_stretch(1, 0, 20, table, []),
                lambda: case.runs.faces(1),
                lambda: disagreements(case),
            ):
                with pytest.raises(CaseError, match="The case database was altered"):
                    act()
            raw.execute("DROP TRIGGER forger")
        case.runs.commit_stretch(1, 0, 20, table, [])
        assert (case.runs.faces(1).score == FACES.score[0]).all()


def test_tables_that_this_program_makes_may_be_made_while_a_case_is_open(killed: Path) -> None:
    with Case.open(killed) as case:
        with closing(sqlite3.connect(killed / "case.sqlite")) as raw:
            raw.execute("VACUUM")
            raw.execute("DROP INDEX runs_of_exhibit")
            raw.execute("CREATE INDEX runs_of_exhibit ON runs (exhibit)")
        assert len(case.runs.faces(1)) == 20
        assert disagreements(case) == ()
