"""Containers that cannot be read to their end: what lies behind is said to be lost."""

import struct
from pathlib import Path

from tests.hostile.parts import parts_of
from tests.hostile.samples import changed
from tests.videos import make_video
from workstation.cases.records import Stretch
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import read_frames


def test_frames_behind_an_unreadable_place_are_lost_and_said_to_be(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = make_video(tmp_path / "clip.mp4", frames=18, group=6, container_options=options)
    whole = build_frame_index(path)
    data = path.read_bytes()
    second = [part for part in parts_of("clip.mp4", data) if part.kind == "trun"][1]
    words = (second.end - second.body - 8) // 4
    # Every frame of the second fragment is of 2 GB now.
    path.write_bytes(changed(data, second.body + 8, struct.pack(">I", 2**31 - 1) * words))
    assert "ended early" in build_frame_index(path).remark
    *frames, lost = read_frames(path, whole, 0, 18)
    assert [getattr(frame, "number", frame) for frame in frames] == list(range(6))
    assert isinstance(lost, Stretch)
    assert (lost.first, lost.last) == (6, 17)
    assert "cannot be read as far as this" in lost.reason
