"""`workstation references evaluate`, on figures made up for the purpose."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.weights import random_weights
from workstation.analysis.comparison import as_score
from workstation.commands.reference_figures import figures
from workstation.commands.reference_trials import estimate, original_trials, recordings

FRAMES = 40


def clip(
    person: str, logit: float, *, source: str = "A", compression: str = "c23", fake: bool = False
) -> dict[str, Any]:
    """A clip with one face track of a constant score."""
    kind = "fake" if fake else "real"
    return {
        "file": f"{kind}_{source}_{compression}_{person}.mp4",
        "fake": fake,
        "method": "swap" if fake else "-",
        "source": "swaps" if fake else source,
        "compression": compression,
        "person": person,
        "donor": "",
        "original": f"{source}/{person}",
        "tracks": [{"track": 1, "enough": True, "scores": [as_score(logit)] * FRAMES}],
    }


def evaluation(sha256: str = "0" * 64) -> dict[str, Any]:
    """Two sources of four people; the fakes of source A lie 4 above their originals."""
    offsets = {"a": -1.0, "b": -0.6, "c": -0.2, "d": 0.2}
    clips = [clip(name, at, source=source) for source in "AB" for name, at in offsets.items()]
    for one in clips[4:]:
        one["person"] = one["person"].upper()
        one["original"] = one["original"].upper()
    clips += [clip(name, at + 0.1, compression="c40") for name, at in offsets.items()]
    clips += [clip(name, at + 4, fake=True) for name, at in offsets.items()]
    return {
        "format": 2,
        "detector": {"name": "made_up", "weights_sha256": sha256},
        "clips": clips,
    }


def test_fakes_lie_above_their_references_and_reals_do_not() -> None:
    found = figures(evaluation())
    platform = found["sets"]["same platform"]
    assert platform["references"] == [3]
    assert platform["fake"]["relations"]["higher than its references"] == 4
    assert platform["real"]["relations"]["like its references"] == 12
    # Eight and four people without an error leave room for some (Clopper and Pearson 1934).
    assert platform["auc"]["beside"] == pytest.approx([1.0, 0.025 ** (1 / 8), 1.0])
    above = found["sets"]["own original"]["fake"]["above_mean"]
    assert above == pytest.approx([1.0, 0.025 ** (1 / 4), 1.0])
    assert found["sets"]["same person"]["fake"]["trials"] == 0


def test_no_trial_holds_a_recording_against_itself_or_its_copies() -> None:
    held = {one.file: one for one in recordings(evaluation()["clips"])}
    found = figures(evaluation())
    for name in ("same platform", "same person"):
        for trial in found["sets"][name]["trials"]:
            around = [held[file] for file in trial["references"]]
            originals = [one.original for one in around]
            assert held[trial["file"]].original not in originals
            assert len(set(originals)) == len(originals)
            assert not any(one.fake for one in around)
    assert all(len(trial.references) == 1 for trial in original_trials(list(held.values())))


def test_a_list_that_names_no_recordings_counts_a_person_once() -> None:
    named = evaluation()
    unnamed = evaluation()
    for one in unnamed["clips"]:
        one["original"] = one["file"]
    assert figures(unnamed)["sets"] == figures(named)["sets"]


def test_copies_add_no_degrees_of_freedom() -> None:
    held = recordings(evaluation()["clips"])
    within = estimate(held, same_platform=True)
    assert within is not None
    assert within.degrees == 6
    assert within.deviation == pytest.approx(0.516, abs=0.01)
    across = estimate(held, same_platform=False)
    assert across is not None
    assert across.degrees == 7
    assert estimate([one for one in held if one.fake], same_platform=True) is None


def test_the_command_writes_figures_and_the_card(answer, call, tmp_path: Path) -> None:
    card = random_weights(tmp_path)
    sha256 = json.loads(card.read_text())["weights"]["sha256"]
    scores, out = tmp_path / "evaluation.json", tmp_path / "figures.json"
    scores.write_text(json.dumps(evaluation(sha256)))
    words = ("references", "evaluate", "--scores", scores)
    told = answer(*words, "--out", out, "--card", card)
    assert json.loads(out.read_text()) == told
    written = json.loads(card.read_text())["references"]
    assert written["same_platform"]["degrees"] == 6
    assert "| same platform | fake | 4 | 4 |" in call(*words)[1]
    scores.write_text(json.dumps(evaluation()))
    status, _, error = call(*words, "--card", card)
    assert status == 1
    assert "other weights" in error


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}'])
def test_other_files_are_refused(call, tmp_path: Path, content: str) -> None:
    scores = tmp_path / "evaluation.json"
    scores.write_text(content)
    assert call("references", "evaluate", "--scores", scores)[0] == 1
    assert call("references", "evaluate", "--scores", tmp_path / "absent.json")[0] == 1
