"""What FFmpeg's decoder of H.264 keeps of a damaged frame does not come to light in a sound one.

Where variable-length codes end amid a block, the coefficients read so far are added to a later
frame, whatever that is built on.
"""

import random
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.evidence.readers import reader
from tests.evidence.test_passing import PICTURES, seen
from tests.videos import make_video
from workstation.errors import DecodeError
from workstation.evidence.decoding import Decoder
from workstation.evidence.frame_index import index_of
from workstation.evidence.nal_units import may_be_cavlc
from workstation.evidence.reading import read_frames

FRAMES = 30
KINDS = {
    "B-frames": "keyint=10:min-keyint=10:bframes=3:b-pyramid=none:cabac=0",
    "8x8 transform": "keyint=10:min-keyint=10:bframes=2:8x8dct=1:partitions=all:cabac=0",
    "key frames": "keyint=1:bframes=0:cabac=0",
}


def make(path: Path, more: str, **arguments: Any) -> Path:
    options = {"x264-params": f"scenecut=0:b-adapt=0:{more}"}
    return make_video(path, options=options, pictures=PICTURES[:FRAMES], **arguments)


def packets_of(path: Path) -> list[tuple[int, int, int]]:
    """Place, size and timestamp of each."""
    with av.open(str(path)) as container:
        return [(one.pos, one.size, one.pts) for one in container.demux(video=0) if one.size]


def overwrite(data: bytes, begin: int, size: int, rng: random.Random) -> bytes:
    """Lay a few bytes, none of them 0, over some behind a packet's head."""
    length, at = rng.choice((1, 3, 20)), begin + rng.randrange(min(40, size // 2), size - 20)
    return data[:at] + bytes(rng.randrange(4, 256) for _ in range(length)) + data[at + length :]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown_beside_damage_is_as_recorded(tmp_path: Path, kind: str) -> None:
    path, damaged = make(tmp_path / "a.mp4", KINDS[kind]), tmp_path / "b.mp4"
    index, data, rng, noticed = index_of(path), path.read_bytes(), random.Random(kind), 0
    whole = seen(read_frames(path, index, 0, FRAMES))
    for _ in range(16):
        begin, size, pts = rng.choice(packets_of(path))
        number = int(np.searchsorted(index.pts, pts))
        damaged.write_bytes(overwrite(data, begin, size, rng))
        shown = seen(read_frames(damaged, index, 0, FRAMES, threads=1))
        assert seen(read_frames(damaged, index, 0, FRAMES, threads=3)).keys() == shown.keys()
        if number in shown:
            continue  # the decoder takes it for sound
        noticed += 1
        assert all(np.array_equal(pixels, whole[n]) for n, pixels in shown.items())
        order = [number, *rng.sample(range(FRAMES), 4), min(number + 1, FRAMES - 1)]
        with reader(damaged, index) as opened:
            for one in order:
                try:
                    pixels = opened.read(one).pixels
                except DecodeError:
                    assert one not in shown
                else:
                    assert np.array_equal(pixels, whole[one]), (number, one)
    assert noticed > 8


def test_what_was_decoded_ahead_is_looked_at_before_decoding_elsewhere(tmp_path: Path) -> None:
    """Of a picture that nobody waited for any more nothing was known."""
    path, damaged = make(tmp_path / "a.mp4", KINDS["B-frames"]), tmp_path / "b.mp4"
    index, data, rng = index_of(path), path.read_bytes(), random.Random(7)
    whole = seen(read_frames(path, index, 0, FRAMES))
    begin, size, _ = packets_of(path)[10]
    for _ in range(16):
        damaged.write_bytes(overwrite(data, begin, size, rng))
        if 10 in seen(read_frames(damaged, index, 10, 11)):
            continue
        with reader(damaged, index, threads=3) as opened:
            for number in (1, 24, 5, 21):
                assert np.array_equal(opened.read(number).pixels, whole[number])


def test_damage_to_the_first_packet_is_not_taken_along(tmp_path: Path) -> None:
    """A decoder that begins elsewhere is shown it first, as it may tell how to decode the rest."""
    path, damaged = make(tmp_path / "a.mp4", KINDS["key frames"]), tmp_path / "b.mp4"
    index, data, rng = index_of(path), path.read_bytes(), random.Random(3)
    whole = seen(read_frames(path, index, 0, FRAMES))
    begin, size, _ = packets_of(path)[0]
    for _ in range(12):
        damaged.write_bytes(overwrite(data, begin, size, rng))
        for threads in (1, 2):
            with reader(damaged, index, threads=threads) as opened:
                for number in (7, 8, 20):
                    assert np.array_equal(opened.read(number).pixels, whole[number])


@pytest.mark.parametrize("every", [1, 2])
def test_another_decoder_is_taken_at_most_once_for_each_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    path, damaged = make(tmp_path / "a.mp4", KINDS["key frames"]), tmp_path / "b.mp4"
    index, data, rng = index_of(path), path.read_bytes(), random.Random(4)
    whole = seen(read_frames(path, index, 0, FRAMES))
    for begin, size, _ in packets_of(path)[::every]:
        data = overwrite(data, begin, size, rng)
    damaged.write_bytes(data)
    opened: list[bool] = []
    original = Decoder._reopen
    monkeypatch.setattr(
        Decoder, "_reopen", lambda self, careful: (opened.append(careful), original(self, careful))
    )
    shown = seen(read_frames(damaged, index, 0, FRAMES))
    sound = {n: pixels for n, pixels in shown.items() if n % every}
    assert len(sound) == FRAMES - FRAMES // every
    assert all(np.array_equal(pixels, whole[n]) for n, pixels in sound.items())
    assert len(opened) < FRAMES // 2 + 6


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_which_codes_a_recording_uses_is_in_its_parameter_sets(tmp_path: Path, name: str) -> None:
    for more, expected in (("cabac=0", True), ("cabac=1", False)):
        with av.open(str(make(tmp_path / name, more))) as container:
            extradata = container.streams.video[0].codec_context.extradata
        assert extradata is not None
        assert may_be_cavlc(extradata) is expected
        for length in range(len(extradata)):
            may_be_cavlc(extradata[:length])
    assert may_be_cavlc(None)
    assert may_be_cavlc(b"\x01" * 9)
