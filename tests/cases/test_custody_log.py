import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workstation.cases.case import Case
from workstation.cases.custody import NO_ENTRY, Act

COLUMNS = ["time_utc", "actor", "act", "subject", "details", "previous_sha256", "sha256"]
ENTRIES = 6

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("custody") / "case"
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        yield case


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """A log of known length whose guards have been taken away, as a forger would."""
    folder = tmp_path_factory.mktemp("log") / "case"
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        for number in range(ENTRIES - 1):
            case.custody.append(Act.EXHIBIT_VERIFIED, f"E{number:03d}", outcome="intact", n=number)
        for name in ("in_order", "no_update", "no_delete"):
            case._connection.write(f"DROP TRIGGER custody_{name}")
        yield case


def test_digest_is_what_the_standard_says(case: Case) -> None:
    entry = case.custody.append(Act.EXHIBIT_ADDED, "E001", size=5, name="é", ratio=1.0)
    fields = {
        "sequence": entry.sequence,
        "time_utc": entry.time_utc,
        "actor": "A. Examiner",
        "act": "exhibit added",
        "subject": "E001",
        "details": {"size": 5, "name": "é", "ratio": 1},
        "previous_sha256": case.custody.entries()[-2].sha256,
    }
    assert entry.sha256 == hashlib.sha256(rfc8785.dumps(fields)).hexdigest()
    assert case.custody.entries()[-1] == entry
    assert case.custody.head() == entry.sha256


def test_first_entry_follows_on_nothing(case: Case) -> None:
    assert case.custody.entries()[0].previous_sha256 == NO_ENTRY == "0" * 64


@given(subject=st.text(), details=st.dictionaries(st.from_regex("[a-z]+", fullmatch=True), plain))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_recorded_verifies(case: Case, subject: str, details: dict) -> None:
    details.pop("act", None)
    details.pop("subject", None)
    details.pop("self", None)
    entry = case.custody.append(Act.LOG_VERIFIED, subject, **details)
    assert case.custody.entries()[-1] == entry
    check = case.custody.verify()
    assert check.intact, check.problem
    assert check.head == entry.sha256


def test_details_must_be_json(case: Case) -> None:
    before = case.custody.verify().entries
    with pytest.raises(TypeError):
        case.custody.append(Act.LOG_VERIFIED, thing=object())
    with pytest.raises(ValueError, match="is not a valid"):
        case.custody.append("not a real act")  # type: ignore[arg-type]
    assert case.custody.verify().entries == before


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE custody SET actor = 'B'",
        "UPDATE OR REPLACE custody SET sequence = 2 WHERE sequence = 1",
        "DELETE FROM custody",
        "INSERT OR REPLACE INTO custody SELECT * FROM custody WHERE sequence = 1",
        "REPLACE INTO custody SELECT 1, '', 'B', '', '', '{}', previous_sha256, sha256 "
        "FROM custody WHERE sequence = 2",
        "INSERT INTO custody SELECT 99, '', 'B', '', '', '{}', sha256, sha256 FROM custody "
        "ORDER BY sequence DESC LIMIT 1",
        "INSERT INTO custody SELECT max(sequence) + 1, '', 'B', '', '', '{}', 'x', 'y' "
        "FROM custody",
        "INSERT INTO custody (time_utc, actor, act, subject, details, previous_sha256, sha256) "
        "VALUES ('', '', '', '', '{}', '', '')",
    ],
)
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_triggers_refuse_all_but_appending(case: Case, sql: str, recursive: str) -> None:
    before = case.custody.entries()
    raw = sqlite3.connect(case.folder / "case.sqlite")
    raw.execute(f"PRAGMA recursive_triggers={recursive}")
    with pytest.raises(sqlite3.IntegrityError, match="custody log"):
        raw.execute(sql)
    raw.close()
    assert case.custody.entries() == before


class ForgeryError(Exception):
    """Raised to undo a forgery after looking at it."""


@contextmanager
def forgery(log: Case, sql: str, *parameters: object) -> Iterator[None]:
    """A statement that is undone at the end."""
    try:
        with log.transaction():
            log._connection.write(sql, parameters)
            yield
            raise ForgeryError
    except ForgeryError:
        assert log.custody.verify().intact


def forged(log: Case, sql: str, *parameters: object) -> str:
    """What `verify` says after a statement that is then undone."""
    with forgery(log, sql, *parameters):
        check = log.custody.verify()
        assert check.intact == (not check.problem)
    return check.problem


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_altered_field_is_found(log: Case, data: st.DataObject) -> None:
    sequence = data.draw(st.integers(1, ENTRIES))
    column = data.draw(st.sampled_from(COLUMNS))
    ((old,),) = log._connection.rows(
        f"SELECT {column} FROM custody WHERE sequence = ?", (sequence,)
    )
    at = data.draw(st.integers(0, len(old)))
    new = data.draw(
        st.sampled_from([old[:at] + "x" + old[at:], old[:at] + " " + old[at:], old[:at]])
        | st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"))
    )
    if new == old:
        new += "0"
    problem = forged(log, f"UPDATE custody SET {column} = ? WHERE sequence = ?", new, sequence)
    assert f"Entry {sequence} " in problem or f"Entry {sequence + 1} " in problem


@given(gone=st.integers(1, ENTRIES - 1))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_removed_entry_is_found(log: Case, gone: int) -> None:
    problem = forged(log, "DELETE FROM custody WHERE sequence = ?", gone)
    assert problem == f"Entry {gone} of the custody log is missing."


def test_changed_order_is_found(log: Case) -> None:
    problem = forged(log, "UPDATE custody SET sequence = -sequence")
    assert problem == "Entry 1 of the custody log is missing."


def test_unreadable_details_are_shown_not_hidden(log: Case) -> None:
    with forgery(log, "UPDATE custody SET details = '{' WHERE sequence = 2"):
        assert log.custody.entries()[1].details == {"unreadable": "{"}


def test_tail_cut_off_before_a_report_is_found(log: Case) -> None:
    with forgery(log, "SELECT 1"):
        log.reports.add(Path("reports/R.pdf"), "f" * 64, "A. Examiner", log.custody.head())
        log._connection.write("DELETE FROM custody WHERE sequence = ?", (ENTRIES,))
        assert "R.pdf" in log.custody.verify().problem


def test_two_connections_cannot_fork_the_chain(case: Case) -> None:
    with case.another() as other:
        heads = []
        for turn in range(10):
            entry = (case, other)[turn % 2].custody.append(Act.LOG_VERIFIED)
            heads.append((entry.previous_sha256, entry.sha256))
        assert all(a[1] == b[0] for a, b in pairwise(heads))
    assert case.custody.verify().intact


def test_details_are_stored_in_one_spelling(case: Case) -> None:
    case.custody.append(Act.LOG_VERIFIED, b=1, a=[1.5, True, None])
    (text,) = case._connection.rows("SELECT details FROM custody ORDER BY sequence DESC LIMIT 1")[0]
    assert text == '{"a":[1.5,true,null],"b":1}' == rfc8785.dumps(json.loads(text)).decode()
