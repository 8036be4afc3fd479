"""`workstation analyse`, `scores` and `detectors`, with random weights."""

import csv
import hashlib
import io
import json
import signal
import sqlite3

import pytest

from tests.commands.conftest import FRAMES
from workstation.analysis.progress import Control, Progress
from workstation.commands.analyse import cancelled_by_signals, show_progress

COLUMNS = ["frame", "time_s", "track", "state", "score", "x", "y", "width", "height"]
COLUMNS += ["unlike_training", "sharpness"]


def test_without_a_detector_nothing_is_scored(filled, no_detector, call, answer):
    status, _, err = call("analyse", filled)
    assert status == 1
    assert "No detector is installed" in err
    assert answer("exhibit", "list", filled)[0]["state"] == "not analysed"
    status, out, _ = call("detectors")
    assert status == 1
    assert "nothing can be scored" in out


def test_detectors(random_detector, answer, call):
    listed = answer("detectors")
    assert [detector["default"] for detector in listed] == [True]
    assert listed[0]["limits"] == ["For tests only."]
    assert "limit: For tests only." in call("detectors")[1]


def test_an_unknown_detector_or_exhibit(filled, random_detector, call):
    assert "nonsense" in call("analyse", filled, "--detector", "nonsense")[2]
    status, _, err = call("analyse", filled, "E404")
    assert status == 1
    assert "E404" in err


def test_analyse_and_scores(analysed, answer, call, tmp_path):
    exhibit = answer("exhibit", "list", analysed)[0]
    assert (exhibit["state"], exhibit["frames_done"]) == ("complete", FRAMES)
    assert exhibit["finding"] is not None

    status, out, _ = call("scores", analysed, "E001", "--format", "csv")
    assert status == 0
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == COLUMNS
    assert sorted({int(row["frame"]) for row in rows}) == list(range(FRAMES))
    scored = [row for row in rows if row["state"] == "scored"]
    assert len(scored) >= FRAMES // 2
    assert all(0 <= float(row["score"]) <= 1 for row in scored)

    path = tmp_path / "scores.csv"
    data = answer("scores", analysed, "E001", "--output", path)
    assert path.read_text(encoding="utf-8") == out
    assert data["scores_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    last = answer("custody", analysed)["entries"][-1]
    assert (last["act"], last["subject"]) == ("scores exported", "E001")
    assert last["details"]["scores_sha256"] == data["scores_sha256"]


def test_scores_in_json_are_the_same(analysed, call):
    status, out, _ = call("scores", analysed, "E001", "--format", "json")
    assert status == 0
    assert out == call("scores", analysed, "E001", "--json")[1]
    rows = json.loads(out)
    table = list(csv.DictReader(io.StringIO(call("scores", analysed, "E001")[1])))
    assert [row["frame"] for row in rows] == [int(row["frame"]) for row in table]
    assert list(rows[0]) == COLUMNS


def test_what_is_complete_is_left_alone(analysed, answer):
    again = answer("analyse", analysed)
    assert (again["runs"], again["already_complete"]) == ([], ["E001"])
    anew = answer("analyse", analysed, "E001", "--again", "--device", "cpu")
    assert [run["run"] for run in anew["runs"]] == [2]
    entries = answer("custody", analysed)["entries"]
    ended = [entry["details"] for entry in entries if entry["act"] == "analysis complete"]
    assert [details["frames_from_cache"] for details in ended] == [0, 0]


def test_scores_need_a_run(filled, call, tmp_path):
    status, _, err = call("scores", filled, "E001")
    assert status == 1
    assert "was not analysed" in err


def test_scores_are_never_written_over_the_case(analysed, call, answer):
    for name in ("case.sqlite", "cache.sqlite", "case.lock", "exhibits/E001.csv"):
        status, _, err = call("scores", analysed, "E001", "--output", analysed / name)
        assert status == 1
        assert "Choose another place." in err
    assert answer("case", "verify", analysed)["in_order"]


def test_scores_that_cannot_be_written(analysed, call, tmp_path, answer):
    entries = len(answer("custody", analysed)["entries"])
    status, _, err = call("scores", analysed, "E001", "--output", tmp_path / "none" / "s.csv")
    assert status == 1
    assert "could not be written" in err
    assert len(answer("custody", analysed)["entries"]) == entries


def test_scores_of_another_run(analysed, call):
    assert call("scores", analysed, "E001", "--run", "1")[0] == 0
    assert "no run 7" in call("scores", analysed, "E001", "--run", "7")[2]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_cancels_and_the_second_interrupts(number):
    control = Control()
    before = signal.getsignal(number)
    with cancelled_by_signals(control):
        signal.raise_signal(number)
        assert control.cancelled
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_cancelled_is_130_and_continues(filled, random_detector, call, answer, monkeypatch):
    def press_ctrl_c(_bars, event):
        if isinstance(event, Progress) and event.stage == "scoring":
            monkeypatch.setattr("workstation.commands.analyse.show_progress", show_progress)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("workstation.commands.analyse.show_progress", press_ctrl_c)
    status, out, _ = call("analyse", filled, "--device", "cpu")
    assert status == 130
    assert "the same command continues it" in out
    assert answer("exhibit", "list", filled)[0]["state"] == "cancelled"
    runs = answer("analyse", filled, "--device", "cpu")["runs"]
    assert [(run["run"], run["outcome"]) for run in runs] == [(1, "complete")]


def test_a_folder_of_workers(filled, call):
    assert call("analyse", filled, "--workers", "0")[0] == 2


def test_a_complete_run_that_was_altered_does_not_count(analysed, answer):
    database = sqlite3.connect(analysed / "case.sqlite")
    with database:
        database.execute("UPDATE faces SET score = 0.5")
    database.close()
    data = answer("analyse", analysed, "--device", "cpu", "--workers", "1")
    assert data["already_complete"] == []
    assert data["runs"][0]["run"] == 2


def test_a_broken_card_is_named(tmp_path, monkeypatch, call):
    monkeypatch.setattr("workstation.analysis.detector.weights_folders", lambda: [tmp_path])
    (tmp_path / "best.card.json").write_text("{}", encoding="utf-8")
    status, out, _ = call("detectors")
    assert status == 1
    assert "UNUSABLE" in out
    assert "best.card.json" in out
