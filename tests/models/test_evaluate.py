import json

import numpy as np
import pytest

from models.card import Decision, read_card
from models.training import evaluate as evaluation
from models.training import stages
from models.training.clips import Clip, Run, read_manifest
from models.training.evaluate import ClipScore, above_original, compare, comparisons, findings
from models.weights import load_network
from tests.weights import random_weights


def clip(fake, method="-", source="FF++", compression="c23", identity="585"):
    return Clip(f"{method} {identity}.mp4", fake, method, source, compression, identity)


REAL = [clip(False, source="FF++ youtube", identity=str(number)) for number in (1, 2, 3)]
FAKE = [clip(True, "Deepfakes", identity=f"{number}_9") for number in (1, 2, 3)]


def scored(clips, scores):
    return [ClipScore(c, score, 32) for c, score in zip(clips, scores, strict=True)]


def find(name):
    return next(entry for entry in comparisons() if entry.name == name)


def test_a_clip_belongs_to_the_person_whose_recording_it_is():
    assert clip(True, identity="585_599").person == "585"
    assert clip(True, identity="actor01<-11").person == "actor01"
    assert clip(False, identity="585").person == "585"
    assert clip(False, identity="WDA_KatieHill_000").person == "WDA_KatieHill"


def test_a_comparison_counts_and_measures():
    results = scored(REAL + FAKE, [0.1, 0.2, 0.5, 0.4, 0.6, 0.7])
    row = compare(results, find("Deepfakes c23"))
    assert (row["real"], row["fake"], row["people"]) == (3, 3, 3)
    assert row["auc"] == pytest.approx(8 / 9, abs=0.001)
    assert row["auc_95"][0] <= row["auc"] <= row["auc_95"][1]


def test_a_comparison_without_fakes_is_left_out():
    assert compare(scored(REAL, [0.1, 0.2, 0.3]), find("Deepfakes c23")) is None


def test_generated_heads_stay_out_of_the_pooled_figure():
    heads = [clip(True, "VASA-1 talking head (as named)", "V-Express demo", "?", "vasa3")]
    results = scored(REAL + FAKE + heads, [0.1, 0.1, 0.1, 0.9, 0.9, 0.9, 0.0])
    row = compare(results, comparisons()[0])
    assert (row["fake"], row["auc"]) == (3, 1.0)


def test_findings_are_counted_by_the_cards_thresholds():
    results = scored(REAL, [0.1, 0.4, 0.9])
    (row,) = findings(results, Decision(0.3, 0.6, 8, "for this test"))
    assert row["does not support manipulation"] == 1
    assert row["inconclusive"] == 1
    assert row["supports manipulation"] == 1
    assert row["clips"] == 3


def test_fakes_are_held_against_their_own_original():
    results = scored(REAL + FAKE, [0.1, 0.5, 0.3, 0.2, 0.4, 0.9])
    assert above_original(results) == {"pairs": 3, "above": 2}


def test_measuring_writes_the_results_onto_the_card(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    clips = tmp_path / "clips"
    clips.mkdir()
    lines = ["file,label,method,source,compression,identity,label_tier,sha256"]
    lines += [f"r{i}.mp4,real,-,FF++ youtube,c23,{i},A,x" for i in range(3)]
    lines += [f"f{i}.mp4,fake,Deepfakes,FF++,c23,{i}_9,A,x" for i in range(3)]
    (clips / "manifest.csv").write_text("\n".join(lines))
    assert sum(entry.fake for entry in read_manifest(clips)) == 3

    def runs(path, preprocessing, cache):
        size = preprocessing.size
        crops = rng.integers(0, 256, (3, size, size, 3), dtype=np.uint8)
        return [] if path.name == "f2.mp4" else [Run(crops, np.full(3, 90, np.float32))]

    monkeypatch.setattr(evaluation, "clip_runs", runs)
    card_path = random_weights(tmp_path / "weights")
    stages.measure(card_path, clips, tmp_path)
    rows = read_card(card_path).evaluation
    assert (rows[0]["real"], rows[0]["fake"]) == (3, 2)
    assert sum(row["clips"] for row in rows[-1]["findings"]) == 5
    report = json.loads((tmp_path / "evaluation.json").read_text())
    assert len(report["clips"]) == 5
    assert "| Deepfakes c23 | 2 | 3 |" in (tmp_path / "evaluation.md").read_text()


def test_crops_beyond_the_cards_limits_are_not_scored(tmp_path):
    card_path = random_weights(tmp_path)
    card, network = read_card(card_path), load_network(card_path)
    size = card.preprocessing.size
    crops = np.random.default_rng(0).integers(0, 256, (4, size, size, 3), dtype=np.uint8)
    crops[1] = 90
    sides = np.array([90, 90, card.face_limits.minimum_size - 1, 90], np.float32)
    assert len(evaluation.score_run(network, card, Run(crops, sides))) == 2
    assert len(evaluation.score_run(network, card, Run(crops[1:2], sides[1:2]))) == 0
