"""What a report prints is what it holds against the log, whatever is written meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.report.filled_case import Track, add, analyse, make_clip, new_case
from workstation.cases.case import Case
from workstation.cases.records import Run
from workstation.report import context
from workstation.report.signing import SigningIdentity


def set_scores(case: Case, score: float) -> None:
    with closing(sqlite3.connect(case.folder / "case.sqlite")) as raw, raw:
        assert raw.execute(f"UPDATE faces SET score = {score} WHERE frame = 7").rowcount


def test_scores_put_back_while_a_report_is_made_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = context._gather_run
    right: list[float] = []

    def gathered(case: Case, run: Run) -> object:
        found = original(case, run)
        set_scores(case, right[0])
        return found

    with new_case(tmp_path / "case") as case:
        analyse(case, add(case, make_clip(tmp_path / "a.mp4")), [Track(1, 0, 40, 0.5)])
        right += case.runs.faces(1, 7, 8).score.astype(float).tolist()
        set_scores(case, 0.99)
        monkeypatch.setattr(context, "_gather_run", gathered)
        signer = SigningIdentity.self_signed_for("A. Examiner", "")
        made = context.gather(case, signer, False, lambda progress: None)
        assert any("Run 1 on E001" in sentence for sentence in made.disagreements)
        monkeypatch.setattr(context, "_gather_run", original)
        assert context.gather(case, signer, False, lambda progress: None).disagreements == ()
