"""Damage that a codec's own check sums tell of, and FFmpeg's decoder does not."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.videos import draw_code, read_code
from workstation.cases.records import Stretch
from workstation.errors import DecodeError
from workstation.evidence import frame_index, reading
from workstation.evidence.check_sums import disagrees
from workstation.evidence.ffv1_record import has_slice_checks
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.frames import Frame, FrameReader, read_frames

FRAMES, GROUP = 24, 6
VERSIONS = [
    {"level": "3", "slicecrc": "1"},
    {"level": "3", "slicecrc": "1", "slices": "9", "coder": "range_def"},
    {"level": "4", "slicecrc": "1", "strict": "-2"},
    {"level": "4", "slicecrc": "2", "strict": "-2"},
]


def make(path: Path, frames: int = FRAMES, pixels: str = "yuv420p", **options: str) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 180, pixels
        stream.codec_context.gop_size = GROUP
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(draw_code(number, 320, 180), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def packets(path: Path) -> tuple[bytes, list[bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [bytes(packet) for packet in container.demux(stream) if packet.size]
        return bytes(stream.codec_context.extradata or b""), found


@pytest.mark.parametrize("options", VERSIONS)
def test_one_bit_shows_wherever_it_is(options: dict[str, str], tmp_path: Path) -> None:
    extradata, found = packets(make(tmp_path / "a.mkv", **options))
    assert not any(disagrees("ffv1", extradata, data) for data in found)
    rng = np.random.default_rng(0)
    for data in found:
        changed = bytearray(data)
        changed[rng.integers(len(data))] ^= 1 << rng.integers(8)
        assert disagrees("ffv1", extradata, bytes(changed))
        assert disagrees("ffv1", extradata, data[:-1])


UNCHECKED = [
    {"level": "0"},
    {"level": "1"},
    {"level": "2", "strict": "-2"},
    {"level": "3", "slicecrc": "0"},
    {"level": "4", "slicecrc": "0", "strict": "-2"},
]


@pytest.mark.parametrize("options", UNCHECKED)
def test_what_carries_none_is_not_found_damaged(options: dict[str, str], tmp_path: Path) -> None:
    extradata, found = packets(make(tmp_path / "a.mkv", **options))
    assert not any(disagrees("ffv1", extradata, data) for data in found)
    changed = bytearray(found[3])
    changed[len(changed) // 2] ^= 1
    assert not disagrees("ffv1", extradata, bytes(changed))
    assert not disagrees("h264", extradata, bytes(changed))


@pytest.mark.parametrize("suffix", [".mkv", ".avi", ".nut", ".mp4"])
def test_version_2_has_a_record_and_no_footers(suffix: str, tmp_path: Path) -> None:
    path = make(tmp_path / f"a{suffix}", level="2", strict="-2")
    index = build_frame_index(path)
    items = list(read_frames(path, index, 0, FRAMES))
    assert [read_code(item.pixels) for item in items if isinstance(item, Frame)] == [*range(FRAMES)]


@pytest.mark.parametrize("level", ["3", "4"])
def test_coded_bytes_that_spell_a_footer_are_no_damage(level: str, tmp_path: Path) -> None:
    """About one packet in 2**24 does; its slices end in their sizes and nothing more."""
    extradata, found = packets(
        make(tmp_path / "a.mkv", level=level, slicecrc="0", slices="4", strict="-2")
    )
    data = bytearray(found[0])
    data[-8:-5] = (len(data) - 8).to_bytes(3)
    assert not disagrees("ffv1", extradata, bytes(data))
    assert disagrees("ffv1", extradata, found[0][:-1])  # what no longer fits is damage all the same


def test_sizes_that_fit_do_not_excuse_a_crc(tmp_path: Path) -> None:
    extradata, found = packets(make(tmp_path / "a.mkv", level="3", slicecrc="1"))
    data = bytearray(found[0])
    data[-3:] = (len(data) - 3).to_bytes(3)
    assert disagrees("ffv1", extradata, bytes(data))


RECORDS = [
    {"level": "3", "coder": "range_tab", "slices": "30"},
    {"level": "3", "coder": "rice", "context": "1"},
    {"level": "4", "coder": "range_def", "context": "1", "strict": "-2"},
]


@pytest.mark.parametrize("crc", ["0", "1"])
@pytest.mark.parametrize("pixels", ["yuv420p", "gray16le", "yuva420p", "gbrp10le", "bgr0"])
@pytest.mark.parametrize("options", RECORDS)
def test_the_record_says_what_slices_end_in(
    options: dict[str, str], pixels: str, crc: str, tmp_path: Path
) -> None:
    extradata, found = packets(make(tmp_path / "a.mkv", 2, pixels, slicecrc=crc, **options))
    assert has_slice_checks(extradata) is (crc == "1")
    assert not any(disagrees("ffv1", extradata, data) for data in found)


def test_what_is_no_record_says_nothing() -> None:
    rng = np.random.default_rng(0)
    for size in (0, 1, 2, 3, 40, 400):
        for _ in range(50):
            assert has_slice_checks(rng.bytes(size)) in (None, True, False)
    assert has_slice_checks(b"") is None
    assert has_slice_checks(bytes(100)) is None
    assert has_slice_checks(b"\xff" * 100) is None


def test_empty_and_short_packets_are_damaged(tmp_path: Path) -> None:
    extradata, _ = packets(make(tmp_path / "a.mkv", level="3", slicecrc="1"))
    for data in (b"\0", bytes(8), b"\xff" * 30):
        assert disagrees("ffv1", extradata, data)


def damage(path: Path, number: int, place: float) -> None:
    """Change one bit of a packet, `place` of its length into it."""
    content, (_, found) = bytearray(path.read_bytes()), packets(path)
    content[content.index(found[number]) + int(len(found[number]) * place)] ^= 4
    path.write_bytes(content)


def test_damage_becomes_a_state_up_to_the_next_key_frame(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", level="3", slicecrc="1")
    damage(path, 8, 0.5)
    index = build_frame_index(path)
    assert len(index) == FRAMES
    items = list(read_frames(path, index, 0, FRAMES))
    lost = [item for item in items if isinstance(item, Stretch)]
    assert [(one.first, one.last) for one in lost] == [(8, 8), (9, 11)]
    assert "check sum" in lost[0].reason
    shown = [item for item in items if isinstance(item, Frame)]
    assert [read_code(item.pixels) for item in shown] == [*range(8), *range(12, FRAMES)]
    reader = FrameReader(path, index)
    try:
        with pytest.raises(DecodeError, match="check sum"):
            reader.read(8)
    finally:
        reader.close()


def test_where_frames_are_counted_a_damaged_one_keeps_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Programs that compared no check sums counted what FFmpeg gives of it."""
    path = make(tmp_path / "a.mkv", level="3", slicecrc="1")
    damage(path, 8, 0.5)
    monkeypatch.setattr(frame_index, "_TIMED_FORMATS", ())
    monkeypatch.setattr(frame_index, "_decodes_in_order", lambda path: False)
    index = frame_index.index_of(path)
    assert not index.timestamps
    assert len(index) == FRAMES
    for first in (0, 10):
        items = list(reading.read_frames(path, index, first, FRAMES))
        shown = {item.number: read_code(item.pixels) for item in items if isinstance(item, Frame)}
        assert shown == {n: n for n in range(first, FRAMES) if not 8 <= n < 12}
