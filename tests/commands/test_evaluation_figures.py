"""The figures of an evaluation, on made-up scores."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from models.training.datasets import Recording
from workstation.cases.records import Finding
from workstation.commands.evaluation import comparing, figures, trust
from workstation.commands.evaluation.clips import LabelledClip, LabelledClips
from workstation.commands.evaluation.document import as_text, document
from workstation.commands.evaluation.groups import groups
from workstation.commands.evaluation.on_card import entries
from workstation.commands.evaluation.page import page
from workstation.commands.evaluation.rescoring import (
    FRAMES_ALONE,
    LENGTHS,
    SHUFFLED,
    Rescorer,
    first,
    whole,
)
from workstation.commands.evaluation.robustness import chosen_clips
from workstation.commands.evaluation.running import ClipResult, Quality, TrackScores
from workstation.commands.evaluation.tables import markdown

FRAMES = 12
CARD = {
    "version": "1",
    "decision": {"low": 0.3, "high": 0.7, "minimum_frames": 8},
    "sequence": {"length": 8, "stride": 4},
    "calibration": None,
}
CALIBRATION = {
    "intercept": 0.0,
    "slope": 2.0,
    "quality_slope": 0.0,
    "score_range": [0.0, 1.0],
    "sharpness_range": [1.0, 1000.0],
    "log10_bounds": [-2.0, 2.0],
    "material": "clips of other people",
}


def labelled(fake, person, method="-", compression="c23", source="FF++"):
    path = f"{method}-{person}-{compression}.mp4"
    recording = Recording(path, path, fake, method, source, compression, person, "", person)
    return LabelledClip(recording, "A")


def track(scores, number=1, counted=None, others=None):
    scores = np.asarray(scores, np.float32)
    counted = np.ones(len(scores), bool) if counted is None else np.asarray(counted)
    return TrackScores(number, True, np.arange(len(scores)), counted, scores, others or {})


def result(clip, score, sharpness=50.0, others=None, finding=Finding.INCONCLUSIVE):
    if score is None:
        return ClipResult(clip, FRAMES, 0.4, finding.value, {"no face": FRAMES})
    tracks = (track(np.full(FRAMES, score), others=others),)
    quality = Quality(sharpness, 90.0, 0.1)
    return ClipResult(clip, FRAMES, 0.4, finding.value, {"scored": FRAMES}, tracks, quality)


def ways(score):
    """The LSTM is right; alone the frames say nothing; shuffled they say the same."""
    given = {FRAMES_ALONE: np.full(FRAMES, 0.5, np.float32)}
    given[SHUFFLED] = np.full(FRAMES, score, np.float32)
    for length in LENGTHS:
        given[whole(length)] = np.full(FRAMES, score, np.float32)
        given[first(length)] = np.full(min(length, FRAMES), 1 - score, np.float32)
    return given


@pytest.fixture(scope="module")
def results():
    people = [str(number) for number in range(6)]
    found = []
    for number, person in enumerate(people):
        low, high = 0.05 + 0.1 * number, 0.5 + 0.08 * number
        real = labelled(False, person, source="FF++ youtube")
        fake = labelled(True, person, "Deepfakes" if number % 2 else "Face2Face")
        found.append(result(real, low, 100 - 10 * number, ways(low)))
        found.append(result(fake, high, 50, ways(high), Finding.SUPPORTS))
    head = labelled(True, "7", "VASA-1 talking head", "?", "elsewhere")
    stranger = labelled(False, "8", "-", "?", "elsewhere")
    found += [result(head, 0.1, 50, ways(0.1)), result(stranger, 0.2, 40, ways(0.2))]
    return [*found, result(labelled(False, "9", "-", "c40"), None)]


def test_a_clip_scores_as_its_highest_track_over_the_faces_that_count():
    clip = labelled(False, "1")
    tracks = (
        track([0.2, 0.4, 0.9], counted=[True, True, False]),
        track([0.1, 0.1, 0.1], 2),
        TrackScores(3, False, np.arange(1), np.ones(1, bool), np.ones(1, np.float32)),
    )
    found = ClipResult(clip, 3, tracks=tracks)
    assert found.score() == pytest.approx(0.3)
    assert found.score(first=1) == pytest.approx(0.2)
    assert found.frame_scores() == pytest.approx([1.0, 0.4, 0.9])
    assert found.score("not scored so") is None
    assert ClipResult(clip).score() is None
    assert len(ClipResult(clip).frame_scores()) == 0


def test_groups_compare_like_with_like(results):
    named = {group.name: group for group in groups([r for r in results if r.score() is not None])}
    assert len(named["all fakes, all reals"].members) == 14
    swaps = named["FF++ face swaps c23, c23 reals"]
    assert (len(swaps.fakes), len(swaps.reals)) == (3, 6)
    assert {r.clip.recording.method for r in swaps.fakes} == {"Deepfakes"}
    heads = named["generated heads, reals from elsewhere"]
    assert [r.clip.person for r in heads.members] == ["8", "7"]
    assert len(named["filmed 3"].members) == 2
    assert "filmed 7" not in named
    assert len(named["compression ?, all reals"].reals) == 7


def test_rows_hold_counts_figures_and_intervals(results):
    found = figures.rows(results, (0.3, 0.7), figures.clip_cases, 100)
    row = next(row for row in found if row["name"] == "FF++ all five c23, c23 reals")
    assert (row["real"], row["fake"], row["people"]) == (6, 6, 6)
    value, low, high = row["auc"]
    scores, fake, _ = figures.clip_cases(results[:12])
    assert value == pytest.approx(np.mean(scores[fake][:, None] > scores[~fake]), abs=1e-4)
    assert low <= value <= high
    counts = row["at_upper"]["confusion"]
    assert (counts["true_positives"], counts["false_positives"]) == (3, 0)
    assert row["at_upper"]["precision"][0] == 1.0
    assert row["at_half"]["threshold"] == 0.5
    frames = figures.rows(results, (0.3, 0.7), figures.frame_cases, 20)
    assert [row["auc"][0] for row in frames] == [row["auc"][0] for row in found]
    assert frames[0]["real"] == FRAMES * found[0]["real"]


def test_what_was_found_and_wrongly_found(results):
    assert figures.called_manipulated(results)["fake"]["count"] == 6
    by_source = {row["source"]: row for row in figures.false_positives(results)}
    assert by_source["all"]["clips"] == 8
    assert by_source["FF++ youtube c23"]["high"] == pytest.approx(0.4593, abs=1e-4)
    table = {row["name"]: row for row in figures.count_findings(results)}
    assert table["Deepfakes c23"]["supports manipulation"] == 3
    pairs = figures.above_original(results)
    assert (pairs["pairs"], pairs["above"]) == (6, 6)
    assert pairs["share"] == [1.0, pytest.approx(0.025 ** (1 / 6), abs=1e-4), 1.0]


def test_soft_faces_that_score_high_are_noticed(results):
    found = figures.against_sharpness(results)
    assert found["clips"] == 7
    assert found["spearman"][0] < -0.5
    assert figures.against_sharpness(results[:3])["spearman"] is None


def test_what_the_lstm_adds(results):
    whole_set = comparing.ablation(results)[0]
    assert whole_set["auc"]["frames_alone"][0] == 0.5
    apart = whole_set["lstm_minus"]
    assert apart["frames_alone"][0] == pytest.approx(whole_set["auc"]["lstm"][0] - 0.5)
    assert apart["shuffled"] == [0.0, 0.0, 0.0]
    lengths = comparing.sequence_lengths(results)["lengths"]
    assert [row["length"] for row in lengths] == list(LENGTHS)
    row = lengths[0]
    assert row["whole_clip"]["auc"][0] == whole_set["auc"]["lstm"][0]
    assert row["first_faces"]["auc"][0] == pytest.approx(1 - whole_set["auc"]["lstm"][0])
    bare = [result(r.clip, r.score()) for r in results]
    assert comparing.ablation(bare)[0]["auc"] is None


def test_calibration_before_and_after(results):
    before = trust.reliability(results, CARD)
    assert before["after"] is None
    assert before["before"]["cllr"][0] >= before["before"]["min_cllr"][0] >= 0
    both = trust.reliability(results, CARD | {"calibration": CALIBRATION})
    assert both["before"] == before["before"]
    assert both["after"]["cllr"][0] != both["before"]["cllr"][0]
    assert both["fitted_on"] == "clips of other people"
    assert "at least 10" in both["left_out_note"]
    reals = [r for r in results if not r.clip.fake]
    assert trust.reliability(reals, CARD)["before"] is None


def test_calibration_refitted_without_the_person_measured():
    rng = np.random.default_rng(4)
    many = [
        result(labelled(fake, f"{fake}{number}", "swap" if fake else "-"), score)
        for fake, centre in ((False, -3.0), (True, -1.0))
        for number, score in enumerate(1 / (1 + np.exp(-rng.normal(centre, 1.0, 15))))
    ]
    found = trust.reliability(many, CARD)
    assert found["left_out_note"] == ""
    assert found["left_out"]["cllr"][0] < found["before"]["cllr"][0]
    assert found["left_out"]["ece"][0] < found["before"]["ece"][0]


def test_coverage_starts_with_every_clip(results):
    found = trust.coverage(results, CARD)
    assert found["scores"][0]["concluded"] == 14
    assert found["calibrated"] is None
    assert found["card"]["centre"] == pytest.approx(0.0, abs=1e-6)
    assert trust.coverage(results, CARD | {"calibration": CALIBRATION})["calibrated"]
    assert trust.coverage([], CARD)["scores"] == []


def test_clips_to_alter_are_of_every_kind(results):
    some = chosen_clips(results, 4)
    assert [r.clip.fake for r in some] == [False, True, False, True]
    assert len({(r.clip.recording.method, r.clip.recording.source) for r in some}) == 4
    assert len(chosen_clips(results, 100)) == 14


def means(calibration=None):
    info = SimpleNamespace(
        name="a", title="A", weights_sha256="0" * 64, card=CARD | {"calibration": calibration}
    )
    detector = SimpleNamespace(info=info, device="cpu", precision="float32")
    return SimpleNamespace(detector=detector, settings=SimpleNamespace(to_json=dict))


def test_people_of_the_training_are_named_above_the_figures(results, tmp_path):
    data = LabelledClips(tmp_path, "manifest", tuple(r.clip for r in results), ())
    somebody = results[0].clip.recording.target
    measured = means(None)
    assert not document(data, results, measured, None, "")["data"]["notes"]
    measured.detector.info.card = {**CARD, "training": {"identities": [somebody, "nobody here"]}}
    content = document(data, results, measured, None, "")
    said = f"people shown are in the training of this detector as well, such as {somebody}"
    assert said in content["data"]["notes"][0]
    assert any(line.startswith("**Note:** 1 of the") for line in markdown(content))


@pytest.mark.parametrize("calibration", [None, CALIBRATION])
@pytest.mark.parametrize("kept", [slice(None), slice(0, 0), slice(0, 11, 2)])
def test_the_outputs_hold_together_whatever_there_is(results, kept, calibration, tmp_path):
    some = results[kept]
    data = LabelledClips(tmp_path, "manifest", tuple(r.clip for r in some), ("A note.",))
    altered = {"clips": ["a"], "frames": 9, "variants": [{"name": "blur", "how": "b", "clips": 0}]}
    altered["variants"][0]["without_score"] = 1
    content = document(data, some, means(calibration), altered, "workstation evaluate")
    assert json.loads(as_text(content)) == json.loads(json.dumps(content))
    text = "\n".join(markdown(content))
    assert "**Note:** A note." in text
    assert "nan" not in text
    assert page(content).startswith(b"%PDF")
    assert all("name" in entry for entry in entries(content))


class Counting:
    """A stand-in for a detector: a step scores the share of its sequence that it has seen."""

    sequence = (8, 4)

    def score_sequences(self, sequences):
        steps = np.arange(1, sequences.shape[1] + 1, dtype=np.float32) / sequences.shape[1]
        return np.tile(steps, (len(sequences), 1)) * sequences[:, :, 0]


def test_other_ways_of_scoring_keep_each_face_in_its_place(monkeypatch):
    monkeypatch.setattr(
        "workstation.commands.evaluation.rescoring._frame_head", lambda detector: None
    )
    values = np.arange(1, 31, dtype=np.float16)[:, None]
    seen = SimpleNamespace(frame=np.arange(30), times=np.arange(30) / 25, embeddings=values)
    found = Rescorer(Counting(), 0.5).ways(seen)
    assert found[FRAMES_ALONE] == pytest.approx(values[:, 0])
    assert found[first(20)] == pytest.approx(values[:20, 0] * np.arange(1, 21) / 20)
    assert len(found[whole(100)]) == 30
    # Divided by its own face's value, what is left are the places in the shuffled sequences.
    places = np.round(found[SHUFFLED] / values[:, 0] * 8)
    assert sorted(places.tolist()) == sorted([*range(1, 9), *[5, 6, 7, 8] * 5, 5, 6])
    again = Rescorer(Counting(), 0.5).ways(seen)
    assert all(np.array_equal(again[name], scores) for name, scores in found.items())
