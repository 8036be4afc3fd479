"""Frames and clips that leave the case: exact, accounted for, never over another file."""

import hashlib
import itertools
import json

import av
import cv2
import numpy as np
import pytest

from tests import videos
from workstation.cases import outgoing
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import Verification
from workstation.errors import CaseError, DecodeError, ExhibitError, WorkstationError
from workstation.evidence import taking_clips
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import FrameReader
from workstation.evidence.intake import add_exhibit
from workstation.evidence.isolation.remote import Died
from workstation.evidence.taking_clips import clip_suffix, take_clip
from workstation.evidence.taking_frames import sidecar_of, take_frame, take_frames
from workstation.evidence.verification import verify_exhibit

FRAMES = 60


def case_with(tmp_path, name="clip.mp4", **look):
    clip = videos.make_video(tmp_path / name, frames=FRAMES, **look)
    case = Case.create(tmp_path / "case", number="C-1", examiner="A. Examiner")
    add_exhibit(case, clip)
    return case


@pytest.fixture
def case(tmp_path):
    with case_with(tmp_path, audio=True) as made:
        yield made


def sha(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def last(case):
    return case.custody.entries()[-1]


def left_of(folder):
    return [*folder.glob("*out*"), *folder.glob(".export*")]


def test_a_frame_is_the_picture_that_is_shown_and_its_sidecar_tells_where_it_is_from(
    case, tmp_path
):
    target = tmp_path / "out" / "frame.png"
    target.parent.mkdir()
    taken = take_frame(case, "E001", 37, target)
    pixels = cv2.imread(str(target))[:, :, ::-1]
    assert videos.read_code(pixels) == 37
    facts = json.loads(sidecar_of(target).read_text("utf-8"))
    exhibit, index = case.exhibits.get("E001"), case.exhibits.index("E001")
    assert facts["exhibit_sha256"] == exhibit.hashes.sha256
    assert (facts["frame"], facts["pts"]) == (37, int(index.pts[37]))
    assert facts["time_s"] == pytest.approx(37 / 25)
    reader = FrameReader(case.folder / exhibit.stored_name, index)
    shown = reader.read(37).pixels
    reader.close()
    assert facts["picture_sha256"] == hashlib.sha256(shown.tobytes()).hexdigest()
    assert facts["picture_sha256"] == hashlib.sha256(np.ascontiguousarray(pixels)).hexdigest()
    assert facts["png_sha256"] == taken.picture.sha256 == sha(target)
    assert facts["program"].startswith("Deepfake Forensics Workstation ")
    entry = last(case)
    assert (entry.act, entry.subject) == (Act.FRAME_EXPORTED, "E001")
    assert entry.details["sha256"] == sha(target)
    assert entry.details["sidecar_sha256"] == sha(sidecar_of(target))
    assert case.custody.verify().intact


@pytest.mark.parametrize("which", ["picture", "sidecar"])
def test_nothing_is_written_over_without_being_asked(case, tmp_path, which):
    target = tmp_path / "frame.png"
    taken = target if which == "picture" else sidecar_of(target)
    taken.write_text("mine")
    entries = len(case.custody.entries())
    with pytest.raises(WorkstationError, match="exists already"):
        take_frame(case, "E001", 3, target)
    assert taken.read_text() == "mine"
    assert len(case.custody.entries()) == entries
    take_frame(case, "E001", 3, target, overwrite=True)
    assert videos.read_code(cv2.imread(str(target))) == 3


def test_places_of_the_case_and_frames_that_are_not_there_are_refused(case, tmp_path):
    inside = case.exhibits_folder / "frame.png"
    with pytest.raises(WorkstationError, match="among the exhibits"):
        take_frame(case, "E001", 3, inside)
    with pytest.raises(ExhibitError, match="frames 0 to 59"):
        take_frame(case, "E001", 60, tmp_path / "frame.png")
    with pytest.raises(ExhibitError, match="frames 0 to 59"):
        take_clip(case, "E001", 5, 3, tmp_path / "clip.mp4")
    with pytest.raises(WorkstationError, match="could not be written"):
        take_frame(case, "E001", 3, tmp_path / "nowhere" / "frame.png")


def test_a_case_open_for_reading_only_gives_nothing_away(case, tmp_path):
    folder = case.folder
    case.close()
    with (
        Case.open(folder, read_only=True) as reading,
        pytest.raises(CaseError, match="reading only"),
    ):
        take_frame(reading, "E001", 3, tmp_path / "frame.png")
    assert not (tmp_path / "frame.png").exists()


def test_what_cannot_be_recorded_is_taken_back(case, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise CaseError("The disk is full.")

    monkeypatch.setattr(case.custody, "append", refuse)
    for take in (
        lambda: take_frame(case, "E001", 3, tmp_path / "out.png"),
        lambda: take_clip(case, "E001", 3, 20, tmp_path / "out.mp4"),
        lambda: take_frames(case, "E001", 3, 5, tmp_path / "out"),
    ):
        with pytest.raises(CaseError):
            take()
    assert not left_of(tmp_path)


def test_nothing_is_written_through_a_link_laid_in_its_way(case, tmp_path, monkeypatch):
    other, out = tmp_path / "other", tmp_path / "out"
    other.write_text("theirs")
    out.mkdir()
    monkeypatch.setattr(outgoing, "_counted", itertools.repeat(0))  # whoever guesses the name
    part = outgoing.HALF_WRITTEN.rstrip("*").format(f"{outgoing._mark(case)}-{outgoing._OURS}0")
    (out / part).symlink_to(other)
    with pytest.raises(WorkstationError, match="File exists"):
        take_frame(case, "E001", 3, out / "frame.png")
    (out / f"{part}.mp4").symlink_to(other)
    take_clip(case, "E001", 3, 20, out / "clip.mp4")
    monkeypatch.undo()
    take_frame(case, "E001", 3, out / "frame.png")
    assert other.read_text() == "theirs"
    assert {path.name for path in out.iterdir()} == {"clip.mp4", "frame.png", "frame.png.json"}


@pytest.mark.parametrize("how", ["missing", "longer", "verified"])
def test_nothing_is_taken_from_a_file_known_to_be_another(case, tmp_path, how):
    path = next(case.exhibits_folder.iterdir())
    content = bytearray(path.read_bytes())
    path.chmod(0o644)
    content[len(content) // 2] ^= 1
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(content + (b"more" if how == "longer" else b""))
    if how == "verified":
        assert verify_exhibit(case, "E001") is Verification.ALTERED
    entries = len(case.custody.entries())
    for take in (
        lambda: take_frame(case, "E001", 3, tmp_path / "out.png"),
        lambda: take_clip(case, "E001", 3, 20, tmp_path / "out.mp4"),
        lambda: take_frames(case, "E001", 3, 5, tmp_path / "out"),
    ):
        with pytest.raises(ExhibitError, match=r"The copy of E001 .* then export again\."):
            take()
    assert not left_of(tmp_path)
    assert len(case.custody.entries()) == entries


def test_nothing_is_taken_by_a_frame_index_that_somebody_changed(case, tmp_path):
    case._connection.write("UPDATE frame_indexes SET average_rate = 50")
    for take in (
        lambda: take_frame(case, "E001", 3, tmp_path / "out.png"),
        lambda: take_clip(case, "E001", 3, 20, tmp_path / "out.mp4"),
        lambda: take_frames(case, "E001", 3, 5, tmp_path / "out"),
    ):
        with pytest.raises(ExhibitError, match="records of E001 is not what the custody log says"):
            take()
    assert not left_of(tmp_path)


def test_a_worker_that_is_ended_or_lies_leaves_no_clip(case, tmp_path, monkeypatch):
    endless = [({"at": 0}, bytearray(2**20))] * 40
    few = [({"kind": "video"}, b""), ({"digests": True}, bytes(32 * 20)), ({"end": True}, b"")]
    lies = [
        ({"at": -1}, bytearray(b"x")),
        ({"at": 2**62}, bytearray(b"x")),
        *few,
        *few,
        *endless,
        ({}, None),
    ]
    answers = iter(lies)
    monkeypatch.setattr(taking_clips, "MOST_OVERHEAD", 32 * 2**20)

    class Lying:
        def __init__(self, *_, **__):
            pass

        def answer(self):
            message, data = next(answers)
            if data is None:
                raise Died("the decoder crashed on it")
            return message, data

        def close(self):
            pass

    monkeypatch.setattr(taking_clips, "Worker", Lying)
    entries = len(case.custody.entries())
    for said in (*["makes no sense"] * 5, "crashed on it"):
        if said == "crashed on it":
            answers = iter(lies[-1:])
        with pytest.raises(ExhibitError, match=said):
            take_clip(case, "E001", 3, 20, tmp_path / "out.mp4")
    assert not left_of(tmp_path)
    assert len(case.custody.entries()) == entries


@pytest.mark.parametrize("name", ["clip.mkv", "clip.ts", "clip.mp4"])
def test_half_of_a_clip_is_none(tmp_path, name):
    with case_with(tmp_path, name) as case:
        copy = case.folder / case.exhibits.get("E001").stored_name
        content = copy.read_bytes()
        copy.chmod(0o644)
        with copy.open("r+b") as file:  # as large as ever, and nothing in its later part
            begin = len(content) // 2 if name != "clip.mp4" else content.index(b"stts") + 8
            file.seek(begin)
            file.write(bytes(len(content) - begin))
        entries = len(case.custody.entries())
        said = "Of the 60 .* cut off or damaged" if name == "clip.mkv" else "xport the frames"
        with pytest.raises(ExhibitError, match=said):
            take_clip(case, "E001", 3, FRAMES - 1, tmp_path / f"out-{name}")
        assert not left_of(tmp_path)
        assert len(case.custody.entries()) == entries
        if name == "clip.mkv":  # what is there can still be had
            assert take_clip(case, "E001", 3, 20, tmp_path / "a.mkv").frames >= 21


def test_a_failure_to_write_leaves_the_file_that_was_there(case, tmp_path, monkeypatch):
    target = tmp_path / "frame.png"
    target.write_text("mine")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outgoing, "read_back", full)
    with pytest.raises(WorkstationError, match="No space left"):
        take_frame(case, "E001", 3, target, overwrite=True)
    assert target.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "clip.mp4", "frame.png"]


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("clip.mp4", {"audio": True}),
        ("clip.mkv", {"audio": True}),
        ("clip.mp4", {"times_ms": videos.uneven_times(FRAMES)}),
        ("clip.mov", {"rotation": 90}),
        ("clip.mkv", {"codec": "libvpx-vp9", "b_frames": 0}),
    ],
)
def test_a_clip_holds_the_frames_asked_for_bit_by_bit(tmp_path, name, look):
    with case_with(tmp_path, name, **look) as case:
        for first, stop in ((0, 60), (12, 30), (29, 30)):
            check_clip(case, tmp_path / f"{first}-{stop}", first, stop)


def check_clip(case, folder, first, stop):
    exhibit, index = case.exhibits.get("E001"), case.exhibits.index("E001")
    target = folder.with_suffix(clip_suffix(exhibit))
    taken = take_clip(case, "E001", first, stop - 1, target)
    assert taken.equal == taken.packets
    assert taken.first == int(np.flatnonzero(index.key[: first + 1])[-1])
    copy = build_frame_index(target)
    assert len(copy) == taken.frames >= stop - taken.first
    source = FrameReader(case.folder / exhibit.stored_name, index)
    reader = FrameReader(target, copy)
    for number in {first, (first + stop) // 2, stop - 1}:
        there = reader.read(number - taken.first)
        wanted = source.read(number)
        assert np.array_equal(there.pixels, wanted.pixels)
        shift = index.times[number] - index.times[taken.first]
        assert there.time == pytest.approx(shift, abs=0.002)
    reader.close()
    source.close()
    entry = last(case)
    assert entry.act == Act.CLIP_EXPORTED
    assert entry.details["sha256"] == sha(target) == taken.file.sha256
    assert entry.details["from_key_frame"] == taken.first


def test_the_sound_goes_with_the_clip(case, tmp_path):
    target = tmp_path / "out.mp4"
    taken = take_clip(case, "E001", 0, 12, target)
    assert taken.streams == ("video", "audio")
    with av.open(str(target)) as container:
        sound = container.streams.audio[0]
        seconds = float(sound.duration * sound.time_base)
    assert seconds == pytest.approx(0.5, abs=0.1)
    assert "byte for byte" in taken.sentence
    assert "earlier" not in taken.sentence
    assert "1 frames" not in take_clip(case, "E001", 26, 48, tmp_path / "b.mp4").sentence


def test_a_container_that_cannot_hold_the_packets_is_named(case, tmp_path):
    with pytest.raises(ExhibitError, match="cannot be copied into"):
        take_clip(case, "E001", 0, 5, tmp_path / "out.webm")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["case", "clip.mp4"]


def test_frames_of_a_stretch_with_their_hashes(case, tmp_path):
    folder = tmp_path / "frames"
    said = []
    taken = take_frames(
        case, "E001", 10, 14, folder, announce=lambda done, total: said.append((done, total))
    )
    assert said == [(n, 5) for n in range(1, 6)]
    facts = json.loads((folder / "frames.json").read_text("utf-8"))
    assert [one["frame"] for one in facts["frames"]] == [10, 11, 12, 13, 14]
    for one in facts["frames"]:
        assert sha(folder / one["file"]) == one["png_sha256"]
        assert videos.read_code(cv2.imread(str(folder / one["file"]))) == one["frame"]
    assert last(case).details["sidecar_sha256"] == taken.sidecar.sha256 == sha(taken.sidecar.path)
    with pytest.raises(WorkstationError, match="exists already"):
        take_frames(case, "E001", 10, 14, folder)


def test_a_cancelled_export_leaves_nothing(case, tmp_path):
    def cancel(done, _total):
        if done == 3:
            raise InterruptedError

    entries = len(case.custody.entries())
    for take in (
        lambda: take_frames(case, "E001", 0, 20, tmp_path / "out", announce=cancel),
        lambda: take_clip(case, "E001", 0, 20, tmp_path / "out.mp4", announce=cancel),
    ):
        with pytest.raises((InterruptedError, WorkstationError)):
            take()
    assert not left_of(tmp_path)
    assert len(case.custody.entries()) == entries


def test_damage_is_said_and_not_concealed(tmp_path):
    whole = videos.make_video(tmp_path / "whole.mp4", frames=FRAMES, group=12)
    clip = videos.zero_bytes(whole, tmp_path / "clip.mp4", at=0.5)
    with Case.create(tmp_path / "case", number="C-1", examiner="A. Examiner") as case:
        add_exhibit(case, clip)
        taken = take_frames(case, "E001", 0, FRAMES - 1, tmp_path / "frames")
        lost = [number for one in taken.lost for number in range(one.first, one.last + 1)]
        assert lost
        assert taken.pictures == FRAMES - len(lost)
        facts = json.loads((tmp_path / "frames" / "frames.json").read_text("utf-8"))
        assert [one[0] for one in facts["undecodable"]] == [one.first for one in taken.lost]
        with pytest.raises(DecodeError, match="could not be decoded"):
            take_frame(case, "E001", lost[0], tmp_path / "frame.png")
        assert not (tmp_path / "frame.png").exists()


def test_a_picture_is_exported_as_a_frame_and_not_as_a_clip(tmp_path):
    picture = tmp_path / "photo.png"
    cv2.imwrite(str(picture), videos.draw_code(9))
    with Case.create(tmp_path / "case", number="C-1", examiner="A. Examiner") as case:
        add_exhibit(case, picture)
        take_frame(case, "E001", 0, tmp_path / "out.png")
        with pytest.raises(ExhibitError, match="Export the frames"):
            take_clip(case, "E001", 0, 0, tmp_path / "out.mp4")
