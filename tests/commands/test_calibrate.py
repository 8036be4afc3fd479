import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.card import Card, read_card, write_card
from tests.weights import random_weights
from workstation.commands import main

METHODS = ("Deepfakes", "Generated")


def clip(number: int, *, fake: bool, method: str = "Deepfakes") -> dict[str, object]:
    rng = np.random.default_rng((number, fake))
    odds = rng.normal(1.2 if fake else -1.2, 1.0)
    return {
        "file": f"{number}.mp4",
        "fake": fake,
        "method": method if fake else "-",
        "source": "Recorded here",
        "person": f"person {number % 10}",
        "donor": f"person {number % 10 + 10}" if fake else "",
        "score": float(1 / (1 + np.exp(-odds))),
        "quality": {"sharpness": 80.0},
    }


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def card(weights: Path) -> Card:
    return read_card(weights)


@pytest.fixture
def scores(tmp_path: Path, card: Card) -> Path:
    clips = [clip(number, fake=fake) for fake in (False, True) for number in range(30)]
    clips += [clip(number, fake=True, method="Generated") for number in range(30, 35)]
    clips.append(clip(40, fake=False) | {"score": None})
    content = {
        "format": 2,
        "detector": {"weights_sha256": card.weights.sha256},
        "data": {"folder": "clips"},
        "clips": clips,
    }
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(content))
    return path


def changed(path: Path, **fields: object) -> Path:
    content = json.loads(path.read_text())
    content["clips"] = [one | fields for one in content["clips"]]
    path.write_text(json.dumps(content))
    return path


def calibrate(weights: Path, scores: Path, out: Path, *more: str) -> int:
    return main(["calibrate", str(weights), "--scores", str(scores), "--out", str(out), *more])


def test_the_new_card_has_what_was_printed(weights, scores, tmp_path, capsys):
    out = tmp_path / "new.card.json"
    assert calibrate(weights, scores, out, "--exclude", "Generated") == 0
    said = capsys.readouterr().out
    made = read_card(out)
    assert (made.calibration.real, made.calibration.fake) == (30, 30)
    assert made.calibration.people == 20
    assert "Recorded here" in made.calibration.material
    assert "not among them: Generated" in made.calibration.material
    assert f"thresholds: {made.decision.low:.2f} and {made.decision.high:.2f}" in said
    for words in ("Cllr cross-fitted: 0.", "range of scores:", "left out, without a score: 1"):
        assert words in said
    assert "excluded, Generated: 5 recordings" in said
    before = read_card(weights)
    assert before.calibration is None
    kept = replace(made, calibration=None, decision=before.decision, limits=before.limits)
    assert kept == before


def test_answers_in_json(weights, scores, tmp_path, capsys):
    assert calibrate(weights, scores, tmp_path / "a.card.json", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    low, high = answer["calibration"]["log10_bounds"]
    assert low < 0 < high
    assert "5%" in answer["decision"]["chosen"]


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    assert not said.out
    return said.err


def test_people_of_the_training_are_refused(weights, card, scores, tmp_path, capsys):
    trained = replace(card, training={"identities": ["person 13", "somebody"]})
    write_card(trained, weights.with_name("trained.card.json"))
    out = tmp_path / "a.card.json"
    assert calibrate(weights.with_name("trained.card.json"), scores, out) == 1
    assert "such as person 13" in refused(capsys)
    assert not out.exists()
    partly = {"identities": ["somebody"], "data": [{"source": "Recorded here", "stills": 3}]}
    write_card(replace(card, training=partly), weights.with_name("trained.card.json"))
    assert calibrate(weights.with_name("trained.card.json"), scores, out) == 1
    assert "does not list whom it shows" in refused(capsys)
    unknown = replace(card, training={"data": [{"source": "Recorded here"}]})
    write_card(unknown, weights.with_name("trained.card.json"))
    assert calibrate(weights.with_name("trained.card.json"), scores, out) == 1
    assert "does not list whom it shows" in refused(capsys)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"person": "one", "donor": ""}, "of 1 people"),
        ({"fake": True}, "0 authentic recordings"),
        ({"score": 0.5}, "do not rise"),
    ],
)
def test_recordings_that_do_not_allow_it_are_refused(
    weights, scores, tmp_path, capsys, fields, said
):
    out = tmp_path / "a.card.json"
    assert calibrate(weights, changed(scores, **fields), out) == 1
    assert said in refused(capsys)
    assert not out.exists()


def test_bad_input_is_refused(weights, scores, tmp_path, capsys):
    out = tmp_path / "a.card.json"
    assert calibrate(weights, tmp_path / "none.json", out) == 1
    assert "workstation evaluate" in refused(capsys)
    assert calibrate(weights, scores, out, "--exclude", "Nothing") == 1
    assert "There are: Deepfakes, Generated" in refused(capsys)
    out.write_text("kept")
    assert calibrate(weights, scores, out) == 1
    assert "there already" in refused(capsys)
    assert out.read_text() == "kept"
    content = json.loads(scores.read_text()) | {"detector": {"weights_sha256": "0" * 64}}
    scores.write_text(json.dumps(content))
    assert calibrate(weights, scores, tmp_path / "b.card.json") == 1
    assert "other weights" in refused(capsys)
    scores.write_text("[]")
    assert calibrate(weights, scores, tmp_path / "b.card.json") == 1
    assert "not an evaluation" in refused(capsys)
    assert calibrate(weights, scores, tmp_path / "b.card.json", "--real-above", "0.9") == 2
    with scores.open("wb") as file:
        file.truncate(2**40)
    assert calibrate(weights, scores, tmp_path / "b.card.json") == 1
    assert "not an evaluation" in refused(capsys)


def test_recordings_that_cannot_do_are_refused_before_they_are_scored(weights, tmp_path, capsys):
    data, out = tmp_path / "data", tmp_path / "a.card.json"
    data.mkdir()
    rows = [f"{n}.mp4,{'fake' if n % 2 else 'real'},swap,here,c23,{n},A" for n in range(18)]
    text = "\n".join(["file,label,method,source,compression,identity,label_tier", *rows])
    (data / "manifest.csv").write_text(text)
    for number in range(18):
        (data / f"{number}.mp4").write_bytes(b"not looked at")
    words = ["calibrate", str(weights), "--data", str(data), "--out", str(out)]
    assert main(words) == 1
    assert "There are 9 authentic recordings of 9 people" in refused(capsys)
    assert main([*words, "--exclude", "nothing"]) == 1
    assert "There are: swap." in refused(capsys)
    assert sorted(path.name for path in tmp_path.iterdir() if "cali" in path.name) == []
