"""What is decoded before it is asked for is the right frame, and is there when it is asked for."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.evidence.readers import reader
from tests.videos import make_video, read_code
from workstation.cases.records import FrameIndex
from workstation.evidence.frame_index import index_of as build_frame_index
from workstation.evidence.reading import AFTER

Make = Callable[[str], tuple[Path, FrameIndex]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    folder = tmp_path_factory.mktemp("videos")
    done: dict[str, tuple[Path, FrameIndex]] = {}
    for name, group, frames in (("long group", 250, 300), ("b-frames", 12, 60)):
        path = make_video(folder / f"{group}.mp4", group=group, frames=frames)
        done[name] = path, build_frame_index(path)
    return lambda name: done[name]


def test_looking_back_has_every_earlier_frame_ready(
    made: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, index = made("long group")
    picture = 320 * 180 * 3 // 2
    with reader(path, index, cache_bytes=40 * picture) as opened:
        waited: list[int] = []
        original = opened._decode
        monkeypatch.setattr(opened, "_decode", lambda *a: waited.append(a[0]) or original(*a))
        for number in range(220, 100, -1):
            assert read_code(opened.read(number).pixels) == number
            while opened.look_back(number):
                assert len(opened._kept._pictures) <= 41
        assert waited == [220]


def test_looking_on_has_the_next_frames_ready(made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path, index = made("long group")
    with reader(path, index) as opened:
        waited: list[int] = []
        original = opened._decode
        monkeypatch.setattr(opened, "_decode", lambda *a: waited.append(a[0]) or original(*a))
        for number in [*range(100, 130), *range(294, len(index))]:
            assert read_code(opened.read(number).pixels) == number
            looks = 0
            while opened.look_on(number):
                looks += 1
            assert looks <= AFTER
        assert waited == [100, 294]
        assert not opened.look_on(len(index) - 1)


def test_nothing_is_decoded_ahead_without_memory_for_it(made: Make) -> None:
    path, index = made("long group")
    with reader(path, index, cache_bytes=1) as opened:
        opened.read(20)
        assert not opened.look_on(20)
        assert not opened.look_back(20)


def test_looking_back_can_be_interrupted_at_any_moment(made: Make) -> None:
    path, index = made("b-frames")
    rng = random.Random(3)
    with reader(path, index, cache_bytes=12 * 320 * 180 * 3 // 2) as opened:
        for _ in range(80):
            number, back = rng.randrange(len(index)), rng.random() < 0.5
            assert read_code(opened.read(number, back=back).pixels) == number
            for _ in range(rng.randrange(5)):
                if back:
                    opened.look_back(number, rng.randrange(1, 6))
                else:
                    opened.look_on(number)


def test_looking_back_ends_at_the_first_frame(made: Make) -> None:
    path, index = made("b-frames")
    with reader(path, index) as opened:
        assert not opened.look_back(5)
        opened.read(5)
        assert not opened.look_back(5)
        opened.read(0)
        assert not opened.look_back(0)
