"""`workstation evaluate`: labelled clips in, figures with intervals out."""

import json
import shutil

import pytest

from models.card import read_card
from workstation.commands.evaluation import robustness
from workstation.commands.evaluation.clips import read_clips
from workstation.commands.evaluation.variants import VARIANTS, write_variant
from workstation.errors import WorkstationError

HEAD = "file,label,method,source,compression,identity,label_tier\n"


def folder_of(path, *rows):
    path.mkdir()
    (path / "manifest.csv").write_text(HEAD + "".join(row + "\n" for row in rows))
    for row in rows:
        (path / row.split(",")[0]).write_bytes(b"not looked at")
    return path


def test_the_labels_of_a_manifest(tmp_path):
    data = folder_of(
        tmp_path / "data",
        "a.mp4,fake,Deepfakes,FF++,c23,585_599,A",
        "b.mp4,real,-,FF++ youtube,c23,585,A",
        "c.mp4,real,-,FF++ youtube,c40,585,B",
    )
    read = read_clips(data)
    fake, real, other = read.clips
    assert (fake.person, fake.recording.donor, fake.tier) == ("585", "599", "A")
    assert (fake.label, real.label) == ("fake", "real")
    assert fake.made_from(real)
    assert not fake.made_from(other)
    assert not real.made_from(real)
    assert "1 person" in read.notes[0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a.mp4,maybe,-,s,c23,1,A"], "real or fake"),
        ([], "must have the columns"),
        (["a.mp4,real,-,s,c23,1,A"], "one-class"),
    ],
)
def test_bad_labels_are_refused(tmp_path, rows, said):
    with pytest.raises(WorkstationError, match=said):
        read_clips(folder_of(tmp_path / "data", *rows))


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(WorkstationError, match="no known data set"):
        read_clips(tmp_path)
    with pytest.raises(WorkstationError, match="There is no folder"):
        read_clips(tmp_path / "nowhere")


def test_half_a_download_is_named_and_one_side_can_be_taken(tmp_path):
    data = folder_of(
        tmp_path / "data",
        "a.mp4,fake,swap,s,c23,1_2,A",
        "b.mp4,real,-,s,c23,1,A",
        "c.mp4,real,,,,,",
    )
    (data / "c.mp4").unlink()
    assert "1 of 3 listed clips are missing: c.mp4" in read_clips(data).notes[0]
    with pytest.raises(WorkstationError, match="of the side “test”"):
        read_clips(data, "test")
    (data / "a.mp4").unlink()
    assert len(read_clips(data, one_class=True).clips) == 1


def test_every_variant_is_written_and_can_be_read_again(clip, tmp_path):
    from workstation.evidence.frame_index import build_frame_index
    from workstation.evidence.frames import read_frames

    shapes = {}
    for variant in VARIANTS:
        target = tmp_path / f"{variant.suffix}.mp4"
        write_variant(clip, target, variant, 3)
        index = build_frame_index(target)
        frames = list(read_frames(target, index, 0, len(index)))
        shapes[variant.suffix] = [frame.pixels.shape[:2] for frame in frames]
    assert shapes.pop("half") == [(180, 320)] * 3
    assert all(found == [(360, 640)] * 3 for found in shapes.values())
    assert len(list(tmp_path.iterdir())) == len(VARIANTS)


def test_a_clip_that_cannot_be_altered_says_so(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"not a video")
    with pytest.raises(WorkstationError):
        write_variant(tmp_path / "broken.mp4", tmp_path / "out.mp4", VARIANTS[0], 3)
    assert not (tmp_path / "out.mp4").exists()


def test_clips_go_through_the_whole_program(
    random_detector, weights_folder, clip, tmp_path, call, monkeypatch
):
    monkeypatch.setattr(robustness, "VARIANTS", VARIANTS[1:3])
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    shutil.copy(clip, data / "a.mp4")
    write_variant(clip, data / "b.mp4", VARIANTS[-1], 34)
    (data / "broken.mp4").write_bytes(b"not a video")
    (data / "manifest.csv").write_text(
        HEAD + "a.mp4,real,-,s,c23,1,A\nb.mp4,fake,swap,s,c23,1_2,A\n"
        "broken.mp4,fake,swap,s,c23,3_2,A\n"
    )
    card = weights_folder / "mobilenetv2_lstm.card.json"
    more = ("--card", "--robustness", "--robustness-clips", 2, "--frames", 33)
    status, said, _ = call("evaluate", card, "--data", data, "--out", out, *more)
    assert status == 1
    assert "broken.mp4" in said
    content = json.loads((out / "evaluation.json").read_text())
    check_clips(content["clips"])
    figures = content["figures"]
    assert figures["clips"][0]["real"] == figures["clips"][0]["fake"] == 1
    assert figures["above_original"]["pairs"] == 1
    lengths = figures["sequence_lengths"]["lengths"]
    assert [row["length"] for row in lengths] == [10, 20, 40, 60, 80, 100]
    assert [row["clips"] for row in figures["robustness"]["variants"]] == [2, 2]
    assert not list((out / "robustness" / "clips").iterdir())
    assert (out / "evaluation.pdf").read_bytes().startswith(b"%PDF")
    assert "## Findings" in (out / "evaluation.md").read_text()
    written = read_card(out / card.name)
    assert written.evaluation[0]["auc"] == figures["clips"][0]["auc"][0]
    assert written.weights == read_card(card).weights

    status, _, _ = call("evaluate", "--data", data, "--out", out)
    again = json.loads((out / "evaluation.json").read_text())
    assert again["clips"] == content["clips"]


def check_clips(clips):
    good, _, bad = clips
    assert sum(good["states"].values()) == good["frames"] == good["states"]["scored"] > 0
    (track,) = good["tracks"]
    assert track["enough"]
    assert track["runs"] == [[0, good["frames"]]]
    assert len(track["scores"]) == track["scored"] == track["counted"] == good["frames"]
    assert good["score"] == track["mean"] == pytest.approx(sum(track["scores"]) / 36, abs=1e-5)
    assert 0 <= good["frame_score"] <= 1
    assert good["quality"]["sharpness"] > 0
    assert bad["finding"] is None
    assert bad["failure"]
