"""`workstation evaluate`: labelled clips in, figures with intervals out."""

import json
import shutil

import pytest

from workstation.commands.evaluate import (
    ClipResult,
    LabelledClip,
    compare,
    count_findings,
    read_manifest,
)
from workstation.errors import WorkstationError

HEAD = "file,label,method,source,compression,identity,label_tier\n"


def result(label, score, identity, method="swap"):
    clip = LabelledClip(f"{identity}.mp4", label, method, "here", "c23", identity, "A")
    return ClipResult(clip, 10, score, "inconclusive", {"scored": 10})


def test_the_person_filmed():
    assert result("fake", 0.5, "585_599").clip.person == "585"
    assert result("fake", 0.5, "actor01<-11").clip.person == "actor01"
    assert result("real", 0.5, "WDA_Somebody_000").clip.person == "WDA_Somebody_000"


def test_comparisons_name_their_counts_and_pass_over_unscored_clips():
    results = [
        result("real", 0.1, "1", "-"),
        result("real", 0.6, "2", "-"),
        result("fake", 0.5, "1_2"),
        result("fake", 0.9, "2_1"),
        result("fake", None, "3_1"),
    ]
    rows = compare(results)
    assert {(row.reals, row.fakes) for row in rows} == {(2, 2)}
    assert all(row.auc == pytest.approx(0.75) for row in rows)
    assert all(row.low <= row.auc <= row.high for row in rows)
    assert count_findings(results)["swap, c23"] == {"inconclusive": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\na.mp4,real\n", "no column"),
        (HEAD + "a.mp4,maybe,-,s,c23,1,A\n", "real or fake"),
        (HEAD, "real or fake"),
    ],
)
def test_a_bad_manifest_is_refused(tmp_path, text, said):
    path = tmp_path / "manifest.csv"
    path.write_text(text)
    with pytest.raises(WorkstationError, match=said):
        read_manifest(path)


def test_a_missing_manifest_is_refused(tmp_path):
    with pytest.raises(WorkstationError, match=r"manifest\.csv"):
        read_manifest(tmp_path / "manifest.csv")


def test_clips_go_through_the_whole_program(random_detector, clip, tmp_path, call, answer):
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    shutil.copy(clip, data / "a.mp4")
    (data / "broken.mp4").write_bytes(b"not a video")
    (data / "manifest.csv").write_text(
        HEAD + "a.mp4,real,-,s,c23,1,A\nbroken.mp4,fake,swap,s,c23,1_2,A\n"
    )
    status, said, _ = call("evaluate", "--data", data, "--out", out)
    assert status == 1
    assert "broken.mp4" in said
    figures = json.loads((out / "evaluation.json").read_text())
    good, bad = figures["clips"]
    assert sum(good["states"].values()) == good["frames"] > 0
    assert good["states"]["scored"] == good["frames"]
    assert 0 <= good["score"] <= 1
    assert bad["finding"] is None
    assert bad["failure"]
    assert "| clips | findings |" in (out / "evaluation.md").read_text()

    assert figures["called_manipulated"]["fake"]["clips"] == 1

    call("evaluate", "--data", data, "--out", out)
    assert json.loads((out / "evaluation.json").read_text()) == figures
