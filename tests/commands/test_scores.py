"""Scores that are exported are those that were held against the custody log."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.ui.small_cases import finish_run, make_case
from workstation.cases import agreement
from workstation.cases.case import Case
from workstation.cases.records import Run
from workstation.commands.scores import export
from workstation.errors import CaseError


def test_what_was_checked_is_what_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make_case(tmp_path / "case") as case:
        run = finish_run(case)
        before, _ = export(case, run, "csv", None)
        check = agreement.refuse_altered_run

        def changed_behind_it(case: Case, run: Run) -> None:
            check(case, run)
            with closing(sqlite3.connect(case.folder / "case.sqlite")) as raw, raw:
                assert raw.execute("UPDATE faces SET score = 0.125").rowcount

        with monkeypatch.context() as patched:
            patched.setattr(agreement, "refuse_altered_run", changed_behind_it)
            assert export(case, run, "csv", None)[0] == before
        with pytest.raises(CaseError, match="changed past this program"):
            export(case, run, "csv", None)
