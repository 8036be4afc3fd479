"""The order in which packets of a clip come, and how many of them are kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.sounds import RATE, clicks, make_sounding
from workstation.cases.case import Case
from workstation.errors import ExhibitError
from workstation.evidence import cutting
from workstation.evidence.frame_index import index_of
from workstation.evidence.intake import add_exhibit
from workstation.evidence.taking_clips import take_clip


def test_sounds_come_in_time_and_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_sounding(tmp_path / "a.mkv", frames=100, sound=clicks(4))
    index = index_of(path)
    cut = cutting._cut(path, index, 0, len(index) - 1)
    read, sound = [], cutting._sound

    def counted(*which: Any) -> Iterator[Any]:
        for piece in sound(*which):
            read.append(piece.shown)
            yield piece

    monkeypatch.setattr(cutting, "_sound", counted)
    heard, ahead, decoded = [], [], []
    for piece in cutting._in_time(path, cut, [0, 1, 1], lambda share: None):
        if piece.stream == 1:
            heard.append(piece.shown)
            assert not decoded or decoded[-1] <= heard[-1]
        else:
            decoded.append(piece.decoded)
            assert not heard or heard[-1] <= decoded[-1]
        ahead.append(len(read) - len(heard))
    assert len(decoded) == 100
    assert heard == sorted(read)
    assert len(heard) >= 2 * int(0.9 * np.ceil(4 * RATE / 1024))
    assert max(ahead) <= 3  # one of each sound, and one that waits for its picture


@pytest.mark.parametrize("tracks", [cutting.MOST_SOUNDS, cutting.MOST_SOUNDS + 1])
def test_as_many_sound_tracks_are_copied_as_a_worker_can_have_open(
    tmp_path: Path, tracks: int
) -> None:
    path = tmp_path / "many.mkv"
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sounds = [container.add_stream("pcm_s16le", rate=8000) for _ in range(tracks)]
        for number in range(4):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode())
        for sound in sounds:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
            silence.sample_rate, silence.pts = 8000, 0
            container.mux(sound.encode(silence))
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        add_exhibit(case, path)
        if tracks > cutting.MOST_SOUNDS:
            with pytest.raises(ExhibitError, match="has 49 sound tracks, and no more than 48"):
                take_clip(case, "E001", 0, 3, tmp_path / "clip.mkv")
        else:
            take_clip(case, "E001", 0, 3, tmp_path / "clip.mkv")
            with av.open(str(tmp_path / "clip.mkv")) as container:
                assert len(container.streams.audio) == tracks
