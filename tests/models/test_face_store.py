"""The store of faces: made once, killed at any moment, read by a training."""

import errno
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from models.training import face_writer
from models.training.datasets import DataError, list_recordings
from models.training.face_cutting import PROTOCOLS
from models.training.face_files import CROPS, FACTS, JOURNAL, SPLIT, read_journal
from models.training.face_store import FaceStore, open_face_store
from models.training.face_writer import StoreWriter
from models.training.faces import PrintedProgress, Progress, faces, progress_line, take
from models.training.splits import SIDES, LeakError, check_leaks
from tests.models import layouts, stub_faces

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No face finder."""
    monkeypatch.setattr("models.training.faces.cut_faces", stub_faces.cut)


@pytest.fixture
def data(tmp_path):
    return layouts.faceforensics(tmp_path / "data", official=False)


def silent(_progress):
    """Nothing is printed."""


def make(data, out, **options):
    return faces(data, out, **{"protocol": "seed", "report": silent} | options)


def contents(folder):
    return {name: (folder / name).read_bytes() for name in (CROPS, FACTS, JOURNAL, SPLIT)}


def test_a_store_holds_every_face_with_person_side_and_frame(data, tmp_path):
    summary = make(data, tmp_path / "store")
    store = open_face_store(tmp_path / "store")
    assert store.protocol == PROTOCOLS["seed"]
    assert summary.clips == len(store.clips) == summary.made == 84
    assert store.crops.shape == (summary.faces, 112, 112, 3)
    assert store.crops.dtype == np.uint8
    assert len(store.facts) == summary.faces
    assert [(c.first, c.stop) for c in store.clips][-1][1] == summary.faces
    for clip in store.clips:
        cut = stub_faces.cut(data, clip.recording, store.protocol)
        np.testing.assert_array_equal(store.crops[clip.first : clip.stop], cut.crops)
        np.testing.assert_array_equal(store.facts[clip.first : clip.stop], cut.facts)
    assert {side.side for side in summary.sides if side.faces} >= set(SIDES)
    assert sum(side.faces for side in summary.sides) == summary.faces
    assert {clip.side for clip in store.clips} >= set(SIDES)
    recordings = [clip.recording for clip in store.clips]
    check_leaks(recordings, {clip.recording.key: clip.side for clip in store.clips})


def test_rows_and_runs_are_those_of_the_side_and_the_label(data, tmp_path):
    make(data, tmp_path / "store")
    store = FaceStore(tmp_path / "store")
    every = np.concatenate([store.rows(side=side) for side in SIDES])
    assert len(np.unique(every)) == len(every) == len(store.rows())
    real, fake = store.rows(side="train", fake=False), store.rows(side="train", fake=True)
    assert len(real) + len(fake) == len(store.rows(side="train"))
    runs = store.runs(side="train", fake=True)
    assert all(run.clip.recording.fake and run.clip.side == "train" for run in runs)
    assert sum(run.stop - run.first for run in runs) == len(fake)
    for run in runs:
        assert set(np.diff(store.facts["number"][run.first : run.stop])) <= {1}


def test_sequences_are_consecutive_frames_once_each_in_a_seeds_order(data, tmp_path):
    make(data, tmp_path / "store")
    store = FaceStore(tmp_path / "store")
    plain = list(store.sequences(4, side="train"))
    assert len(plain) > 20
    for sequence in plain:
        assert sequence.crops.shape == (4, 112, 112, 3)
        assert np.diff(sequence.facts["number"]).tolist() == [1, 1, 1]
        assert sequence.clip.side == "train"
        rows = slice(sequence.first, sequence.first + 4)
        assert np.shares_memory(sequence.crops, store.crops[rows])
    starts = [sequence.first for sequence in plain]
    mixed = [sequence.first for sequence in store.sequences(4, side="train", seed=5)]
    again = [sequence.first for sequence in store.sequences(4, side="train", seed=5)]
    assert mixed == again != starts
    assert sorted(mixed) == sorted(set(mixed)) == starts
    overlapping = list(store.sequences(4, side="train", step=2))
    assert len(overlapping) > len(plain)
    assert list(store.sequences(9, side="train")) == []


def test_a_store_goes_to_other_processes_as_its_folder(data, tmp_path):
    make(data, tmp_path / "store")
    store = FaceStore(tmp_path / "store")
    sent = pickle.dumps(store)
    assert len(sent) < 1000
    np.testing.assert_array_equal(pickle.loads(sent).crops, store.crops)


KILLED = """
import os, signal, sys
from pathlib import Path
from models.training import face_writer, faces
from tests.models import stub_faces

calls, append = 0, face_writer._append

def killed(stream, data):
    global calls
    calls += 1
    if calls == {call}:
        append(stream, data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    append(stream, data)

face_writer._append = killed
faces.cut_faces = stub_faces.cut
faces.faces(Path(sys.argv[1]), Path(sys.argv[2]), protocol="seed")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("call", [1, 32, 33], ids=["first crops", "facts", "journal"])
def test_killed_half_way_nothing_is_lost_or_doubled(data, tmp_path, call):
    make(data, tmp_path / "whole")
    out = tmp_path / "killed"
    words = [sys.executable, "-c", KILLED.format(call=call), str(data), str(out)]
    ended = subprocess.run(words, cwd=ROOT, check=False, capture_output=True)
    assert ended.returncode == -signal.SIGKILL
    done, _ = read_journal(out)
    assert len(done) == (call - 1) // 3
    with pytest.raises(DataError, match="is not finished"):
        open_face_store(out)
    summary = make(data, out)
    assert summary.made == 84 - len(done)
    assert contents(out) == contents(tmp_path / "whole")


def test_interrupted_from_the_keyboard_it_goes_on_and_then_has_nothing_to_do(
    data, tmp_path, monkeypatch
):
    make(data, tmp_path / "whole")
    calls = []

    def stopped(*given):
        calls.append(given)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return stub_faces.cut(*given)

    monkeypatch.setattr("models.training.faces.cut_faces", stopped)
    with pytest.raises(KeyboardInterrupt):
        make(data, tmp_path / "store")
    told = []
    assert make(data, tmp_path / "store", report=told.append).made == 79
    assert (told[0].done, told[0].kept, told[-1].done) == (5, 5, 84)
    assert contents(tmp_path / "store") == contents(tmp_path / "whole")
    assert make(data, tmp_path / "store").made == 0
    assert contents(tmp_path / "store") == contents(tmp_path / "whole")


def test_a_full_disk_leaves_the_store_as_it_was(data, tmp_path, monkeypatch):
    recordings = list_recordings(data).recordings
    protocol = PROTOCOLS["seed"]
    append, calls = face_writer._append, []

    def full(stream, content):
        calls.append(stream)
        if len(calls) == 5:
            append(stream, content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        append(stream, content)

    monkeypatch.setattr(face_writer, "_append", full)
    with StoreWriter(tmp_path / "store", protocol) as writer:
        writer.add(recordings[0], 1, stub_faces.cut(data, recordings[0], protocol))
        with pytest.raises(OSError, match="No space left"):
            writer.add(recordings[1], 1, stub_faces.cut(data, recordings[1], protocol))
        writer.add(recordings[1], 1, stub_faces.cut(data, recordings[1], protocol))
    monkeypatch.setattr(face_writer, "_append", append)
    make(data, tmp_path / "store")
    make(data, tmp_path / "whole")
    one, other = contents(tmp_path / "store"), contents(tmp_path / "whole")
    assert (one[CROPS], one[FACTS], one[SPLIT]) == (other[CROPS], other[FACTS], other[SPLIT])


def test_one_writer_at_a_time_and_no_recording_twice(data, tmp_path):
    recording = list_recordings(data).recordings[0]
    protocol = PROTOCOLS["seed"]
    with StoreWriter(tmp_path / "store", protocol) as writer:
        with pytest.raises(DataError, match="Another process is writing"):
            make(data, tmp_path / "store")
        writer.add(recording, 1, stub_faces.cut(data, recording, protocol))
        with pytest.raises(ValueError, match="in the store already"):
            writer.add(recording, 1, stub_faces.cut(data, recording, protocol))
        other = list_recordings(data).recordings[1]
        large = stub_faces.cut(data, other, PROTOCOLS["ours"])
        with pytest.raises(ValueError, match="crops of 112 pixels"):
            writer.add(other, 1, large)
    assert make(data, tmp_path / "store").made == 83


def test_problems_are_listed_and_tried_again_when_the_file_has_changed(tmp_path):
    data = tmp_path / "data"
    layouts.touch(data / "real", *(f"r{n}.mp4" for n in range(9)), "faceless.mp4", "broken.mp4")
    layouts.touch(data / "fake", *(f"r{n}_r{n + 1}.mp4" for n in range(0, 8, 2)))
    summary = make(data, tmp_path / "store")
    assert [(problem.kind, problem.key) for problem in summary.problems] == [
        ("unreadable", "real_fake:data/real/broken.mp4"),
        ("no face", "real_fake:data/real/faceless.mp4"),
    ]
    assert "no face: real_fake:data/real/faceless.mp4: as the name says" in summary.lines()
    assert make(data, tmp_path / "store").made == 0
    (data / "real" / "broken.mp4").write_bytes(b"downloaded again, and longer")
    again = make(data, tmp_path / "store")
    assert again.made == 1
    assert len(again.problems) == 2


def test_no_face_anywhere_is_said(tmp_path):
    layouts.touch(tmp_path / "real", "faceless 1.mp4")
    layouts.touch(tmp_path / "fake", "faceless 2.mp4")
    with pytest.raises(DataError, match="No face was found in any of 2 recordings"):
        make(tmp_path, tmp_path / "store", split="none")


def test_two_data_sets_in_one_store(data, tmp_path):
    make(data, tmp_path / "store")
    first = contents(tmp_path / "store")[CROPS]
    summary = make(layouts.dfdc(tmp_path / "dfdc"), tmp_path / "store")
    assert (summary.clips, summary.made) == (84 + 36, 36)
    assert contents(tmp_path / "store")[CROPS].startswith(first)


def test_near_duplicate_faces_are_kept_on_one_side(data, tmp_path, monkeypatch):
    def same_face(folder, recording, protocol, device="cpu"):
        found = stub_faces.cut(folder, recording, protocol)
        if recording.target in ("ff/000", "ff/002", "ff/004", "ff/006"):
            found.hashes[:] = np.uint64(7)
        return found

    monkeypatch.setattr("models.training.faces.cut_faces", same_face)
    make(data, tmp_path / "store")
    store = FaceStore(tmp_path / "store")
    sides = {c.side for c in store.clips if c.recording.target in ("ff/000", "ff/004", "ff/007")}
    assert len(sides) == 1


def test_official_lists_with_a_near_duplicate_across_sides_are_refused(tmp_path, monkeypatch):
    def same_face(folder, recording, protocol, device="cpu"):
        found = stub_faces.cut(folder, recording, protocol)
        if recording.target in ("ff/000", "ff/011"):
            found.hashes[:] = np.uint64(7)
        return found

    monkeypatch.setattr("models.training.faces.cut_faces", same_face)
    data = layouts.faceforensics(tmp_path / "data")
    with pytest.raises(LeakError, match=r"near-duplicate faces.*000\S*\.mp4.*011\S*\.mp4"):
        make(data, tmp_path / "store")
    assert make(data, tmp_path / "store", split="identity").made == 0


def test_stores_that_are_none(data, tmp_path):
    with pytest.raises(DataError, match=r"no store of faces in .*workstation faces --data"):
        open_face_store(tmp_path)
    with pytest.raises(DataError, match="holds other files"):
        make(data, data)
    make(data, tmp_path / "store")
    with pytest.raises(DataError, match="made with the protocol seed, not ours"):
        make(data, tmp_path / "store", protocol="ours")
    crops = tmp_path / "store" / CROPS
    crops.write_bytes(crops.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"crops\.bin is shorter than its journal says"):
        open_face_store(tmp_path / "store")
    with pytest.raises(DataError, match="shorter than its journal says"):
        make(data, tmp_path / "store")
    journal = tmp_path / "store" / JOURNAL
    journal.write_bytes(b"{}\n" + journal.read_bytes())
    with pytest.raises(DataError, match=r"Line 1 of .*clips\.jsonl is damaged"):
        open_face_store(tmp_path / "store")


def test_too_few_people_are_refused_before_anything_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr("models.training.faces.cut_faces", stub_faces.die)
    data = layouts.faceforensics(tmp_path / "data", people=4, official=False)
    rest = (
        data / "original_sequences" / "actors",
        data / "manipulated_sequences" / "DeepFakeDetection",
    )
    for folder in rest:
        for path in folder.rglob("*.mp4"):
            path.unlink()
    with pytest.raises(DataError, match="too few people"):
        make(data, tmp_path / "store")


def test_a_limit_takes_from_every_kind(data):
    recordings = list_recordings(data).recordings
    kinds = {(r.method, r.compression, r.source) for r in recordings}
    chosen = take(recordings, len(kinds))
    assert {(r.method, r.compression, r.source) for r in chosen} == kinds
    assert take(recordings, None) == list(recordings)
    assert take(recordings, 1000) != list(recordings)
    assert set(take(recordings, 1000)) == set(recordings)


def test_several_processes_make_the_same_faces(data, tmp_path):
    make(data, tmp_path / "one", limit=20, split="none")
    make(data, tmp_path / "two", limit=20, split="none", workers=2)
    one, two = FaceStore(tmp_path / "one"), FaceStore(tmp_path / "two")
    crops = {c.recording.key: two.crops[c.first : c.stop] for c in two.clips}
    assert len(crops) == len(one.clips) == 20
    for clip in one.clips:
        np.testing.assert_array_equal(crops[clip.recording.key], one.crops[clip.first : clip.stop])


def test_a_process_that_dies_is_told_of(data, tmp_path, monkeypatch):
    monkeypatch.setattr("models.training.faces.cut_faces", stub_faces.die)
    with pytest.raises(DataError, match=r"died.*\.mp4.*fewer workers"):
        make(data, tmp_path / "store", workers=2)


def test_progress_says_what_is_left(capsys):
    half = Progress(done=60, total=100, kept=20, faces=900, seconds=600.0)
    assert half.left == pytest.approx(600.0)
    assert progress_line(half) == "60 of 100 recordings, 900 faces, about 10 min left"
    assert progress_line(Progress(20, 100, 20, 0, 0.0)) == "20 of 100 recordings, 0 faces"
    printed = PrintedProgress(every_s=1000.0)
    printed(half)
    printed(Progress(done=100, total=100, kept=20, faces=1500, seconds=900.0))
    assert capsys.readouterr().out == "100 of 100 recordings, 1500 faces\n"


def test_a_bare_machine_makes_the_same_store(data, tmp_path, capsys):
    from models.training.__main__ import main

    words = ["--data", data, "--out", tmp_path / "store", "--device", "cpu", "faces"]
    main([str(word) for word in [*words, "--protocol", "seed"]])
    said = capsys.readouterr().out
    make(data, tmp_path / "other")
    assert contents(tmp_path / "store") == contents(tmp_path / "other")
    assert "84 recordings with " in said
    assert "manipulated_sequences/Deepfakes/c23: 12 of 1000 videos are here." in said
    with pytest.raises(SystemExit, match="1"):
        main([str(word) for word in words])
    assert "made with the protocol seed, not ours" in capsys.readouterr().err
