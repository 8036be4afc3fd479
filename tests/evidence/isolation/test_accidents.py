"""What a decoder does when evidence kills it costs that stretch, and nothing else."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sounds import clicks, make_sounding
from tests.videos import make_video, read_code
from workstation.cases.case import Case
from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import DecodeError, ExhibitError
from workstation.evidence.frame_index import build_frame_index, index_of
from workstation.evidence.frames import Frame, FrameReader, read_frames
from workstation.evidence.intake import add_exhibit
from workstation.evidence.isolation import launching, remote, trouble
from workstation.evidence.probe import probe
from workstation.evidence.sound import SoundReader, waveform
from workstation.evidence.taking_clips import take_clip

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")

FRAMES, GROUP = 60, 12
BUILT_ON_IT = "it is built on a frame that could not be decoded"

Accident = Callable[[str], None]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FrameIndex]:
    path = make_video(
        tmp_path_factory.mktemp("accidents") / "a.mp4",
        frames=FRAMES,
        group=GROUP,
        b_frames=0,
        options={"x264-params": "scenecut=0"},
    )
    return path, index_of(path)


@pytest.fixture
def accident(monkeypatch: pytest.MonkeyPatch) -> Iterator[Accident]:
    def prepare(fault: str) -> None:
        monkeypatch.setenv("FAULT", fault)
        monkeypatch.setattr(launching.door, "KEEPER", "tests.evidence.isolation.faulty")
        if fault.startswith("spin"):
            monkeypatch.setattr(remote, "PROCESSOR_SECONDS", 0.4)
            monkeypatch.setattr(remote, "LOOK_SECONDS", 0.25)
        if fault.startswith("sleep"):
            monkeypatch.setattr(remote, "WALL_SECONDS", 3.0)
        launching._forget()

    yield prepare
    launching._forget()


def numbers(items: list[Frame | Stretch]) -> list[int]:
    """Every number that is covered; of a frame, the one that its pixels show."""
    covered: list[int] = []
    for item in items:
        if isinstance(item, Stretch):
            covered += range(item.first, item.last + 1)
        else:
            assert read_code(item.pixels) == item.number
            covered.append(item.number)
    return covered


WHAT = ("slot", "height", "width", "kind", "frame", "room", "loss")
REASONS = {
    "crash": "the decoder crashed on it",
    "spin": "decoding it took longer than 0 s",
    "sleep": "decoding it took longer than 3 s",
    "bomb": "decoding it needs more than",
}


@pytest.mark.parametrize("kind", REASONS)
def test_an_accident_costs_its_frame_and_what_is_built_on_it(
    kind: str, accident: Accident, video: tuple[Path, FrameIndex], caplog: pytest.LogCaptureFixture
) -> None:
    accident(f"{kind}@30")
    items = list(read_frames(*video, 0, FRAMES))
    assert numbers(items) == list(range(FRAMES))
    lost = [item for item in items if isinstance(item, Stretch)]
    assert [(one.first, one.last) for one in lost] == [(30, 30), (31, 35)]
    assert lost[0].reason.startswith(REASONS[kind])
    assert lost[1].reason == BUILT_ON_IT


def test_a_chunk_behind_the_accident_is_whole(
    accident: Accident, video: tuple[Path, FrameIndex]
) -> None:
    accident("crash@30")
    items = list(read_frames(*video, 36, FRAMES))
    assert numbers(items) == list(range(36, FRAMES))
    assert not any(isinstance(item, Stretch) for item in items)


@pytest.mark.parametrize(
    "fault",
    ["babble", *(f"lie about the {what}" for what in WHAT)],
)
def test_lies_end_the_worker_and_cost_no_more_than_the_stretch(
    fault: str, accident: Accident, video: tuple[Path, FrameIndex], caplog: pytest.LogCaptureFixture
) -> None:
    accident(f"{fault}@30")
    items = list(read_frames(*video, 24, FRAMES))
    assert numbers(items) == list(range(24, FRAMES))
    (lost,) = [item for item in items if isinstance(item, Stretch)]
    assert (lost.first, lost.last) == (30, 35)
    assert lost.reason == "the decoder gave an answer that makes no sense"


def test_a_reader_outlives_its_workers(accident: Accident, video: tuple[Path, FrameIndex]) -> None:
    accident("crash@30")
    reader = FrameReader(*video)
    try:
        with pytest.raises(DecodeError, match="Frame 30 could not be decoded: the decoder crashed"):
            reader.read(30)
        with pytest.raises(DecodeError, match=BUILT_ON_IT):
            reader.read(33)
        assert read_code(reader.read(29).pixels) == 29
        assert read_code(reader.read(36).pixels) == 36
    finally:
        reader.close()


@pytest.mark.parametrize(("way", "near", "others"), [(-1, 47, (45, 29)), (1, 26, (27, 29))])
def test_a_death_of_what_nobody_asked_for_costs_no_frame(
    way: int, near: int, others: tuple[int, ...], accident: Accident, video: tuple[Path, FrameIndex]
) -> None:
    accident("crash@30")
    reader = FrameReader(*video)
    try:
        assert read_code(reader.read(near, way=way).pixels) == near
        worker = reader._worker
        assert worker is not None
        for number in others:
            time.sleep(0.3)  # the worker decodes further frames meanwhile, and dies of one
            assert read_code(reader.read(number, way=way).pixels) == number
        assert reader._given_up == []
        with pytest.raises(DecodeError, match="Frame 30 could not be decoded: the decoder crashed"):
            reader.read(30)
    finally:
        reader.close()


def test_a_first_frame_that_kills_is_no_reason_to_refuse_the_file(
    accident: Accident, video: tuple[Path, FrameIndex]
) -> None:
    accident("crash@0")
    facts, kind = probe(video[0])
    assert kind == "video"
    assert facts["width"] == 320
    assert any("the decoder crashed on it" in warning for warning in facts["warnings"])
    index = build_frame_index(video[0])
    first, *others = read_frames(video[0], index, 0, 24)
    assert isinstance(first, Stretch)
    assert (first.first, first.reason) == (0, REASONS["crash"])
    assert numbers([first, *others]) == list(range(24))
    assert numbers(list(read_frames(video[0], index, 12, 24))) == list(range(12, 24))


@pytest.mark.parametrize(
    ("fault", "possible"),
    [("escape@30", "nothing"), ("escape among files@30", "a file, a folder")],
)
def test_a_worker_can_do_nothing_but_read_its_file(
    accident: Accident, video: tuple[Path, FrameIndex], fault: str, possible: str
) -> None:
    with_all = remote.Worker("probe", video[0])
    with_all.close()
    if set(with_all.confined) != {"memory", "files", "network and programs"}:
        pytest.skip(f"this system confines {with_all.confined} only")
    accident(fault)
    lost = [item for item in read_frames(*video, 30, 31) if isinstance(item, Stretch)]
    assert [one.reason for one in lost] == [f"possible: {possible}"]


def test_a_file_exchanged_while_it_is_opened_is_opened_again(
    accident: Accident, video: tuple[Path, FrameIndex], tmp_path: Path
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(video[0].read_bytes())
    accident("exchange@0")
    waiting = path.with_name("waiting")

    def read_frame_seven() -> int:
        with closing(FrameReader(path, video[1])) as reader:
            return read_code(reader.read(7).pixels)

    readings: list[Callable[[], object]] = [
        lambda: numbers(list(read_frames(path, video[1], 0, 12))) == list(range(12)),
        lambda: read_frame_seven() == 7,
        lambda: len(build_frame_index(path)) == FRAMES,
    ]
    for reading in readings:
        waiting.write_bytes(path.read_bytes())
        assert reading()
        assert not waiting.exists()


def test_sound_of_a_file_exchanged_while_it_is_opened_is_heard(
    accident: Accident, tmp_path: Path
) -> None:
    path = make_sounding(tmp_path / "a.mov", sound=clicks(2.0))
    index, waiting = build_frame_index(path), path.with_name("waiting")
    accident("exchange@0")

    def heard() -> bool:
        with closing(SoundReader(path, index)) as reader:
            return len(next(reader.samples(0.0))) > 0

    for listening in (heard, lambda: np.isfinite(waveform(path, index, 5)).any()):
        waiting.write_bytes(path.read_bytes())
        assert listening()
        assert not waiting.exists()


def test_a_clip_of_a_file_exchanged_while_it_is_opened_is_copied(
    accident: Accident, video: tuple[Path, FrameIndex], tmp_path: Path
) -> None:
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        path = case.folder / add_exhibit(case, video[0]).stored_name
        accident("exchange@0")
        waiting = path.with_name("waiting")
        waiting.write_bytes(path.read_bytes())
        taken = take_clip(case, "E001", 12, 20, tmp_path / "clip.mp4")
        assert not waiting.exists()
        assert taken.equal == taken.packets
        assert len(build_frame_index(tmp_path / "clip.mp4")) == taken.frames


def test_a_file_that_is_gone_is_not_said_to_crash_the_decoder(
    video: tuple[Path, FrameIndex], tmp_path: Path
) -> None:
    gone = tmp_path / "gone.mp4"
    for reading in (
        lambda: FrameReader(gone, video[1]),
        lambda: list(read_frames(gone, video[1], 0, 12)),
        lambda: build_frame_index(gone),
    ):
        with pytest.raises(ExhibitError, match=r"“gone.mp4” cannot be opened: No such file"):
            reading()


def test_workers_ended_from_outside_cost_nothing(video: tuple[Path, FrameIndex]) -> None:
    path, index = video
    items = []
    for item in read_frames(path, index, 0, FRAMES):
        items.append(item)
        if item in items[9:10]:
            os.kill(only_worker(), signal.SIGKILL)
    assert numbers(items) == list(range(FRAMES))
    assert all(isinstance(item, Frame) for item in items)


def test_workers_ended_from_outside_all_the_time_cost_nothing(
    video: tuple[Path, FrameIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where memory is short: what the system ends is no fault of the file."""
    monkeypatch.setattr(trouble, "LONGEST_WAIT", 0.0)
    path, index = video
    items, ended = [], 0
    for item in read_frames(path, index, 0, FRAMES):
        items.append(item)
        for one in workers() if len(items) % 2 else ():
            os.kill(one, signal.SIGKILL)
            ended += 1
    assert ended > 1
    assert numbers(items) == list(range(FRAMES))
    assert all(isinstance(item, Frame) for item in items)


def test_what_never_lets_a_worker_work_is_not_said_of_the_file(
    video: tuple[Path, FrameIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trouble, "LONGEST_WAIT", 0.0)
    begin = launching.begin

    def begun_and_ended(connection: Any, memory: int) -> launching.Process:
        process = begin(connection, memory)
        until = time.monotonic() + 5
        while not (there := workers()) and time.monotonic() < until:
            time.sleep(0.002)
        for one in there:
            os.kill(one, signal.SIGKILL)
        return process

    monkeypatch.setattr(launching, "begin", begun_and_ended)
    with pytest.raises(ExhibitError, match="the file need not be at fault"):
        list(read_frames(*video, 0, 12))


def test_a_frame_at_which_the_system_ends_every_worker_is_left_out() -> None:
    index = FrameIndex(
        np.arange(30, dtype=np.int64), np.arange(30) % 10 == 0, (1, 25), True, 25.0, ""
    )
    one = trouble.Trouble(index)
    ended = remote.Died("the system ended the decoder", 7, outside=True)
    assert [one.after(ended, 5) for _ in range(3)] == [5, 5, 5]
    assert one.careful
    assert one.after(ended, 5) == 5
    assert one.refused == {7: ended.reason}


def test_a_keeper_ended_from_outside_is_replaced(video: tuple[Path, FrameIndex]) -> None:
    path, index = video
    reader = FrameReader(path, index)
    try:
        assert read_code(reader.read(7).pixels) == 7
        os.kill(launching._keepers[os.getpid()][1].pid, signal.SIGKILL)
        assert read_code(reader.read(50).pixels) == 50
    finally:
        reader.close()


def test_closing_early_and_forgetting_leave_no_worker(video: tuple[Path, FrameIndex]) -> None:
    path, index = video
    begun = read_frames(path, index, 0, FRAMES)
    next(begun)
    forgotten = FrameReader(path, index)
    forgotten.read(3)
    assert len(workers()) == 2
    begun.close()  # type: ignore[attr-defined]
    del forgotten
    until = time.monotonic() + 5
    while workers() and time.monotonic() < until:
        time.sleep(0.01)
    assert workers() == []


def workers() -> list[int]:
    """The keeper's living children."""
    keeper = launching._keepers[os.getpid()][1].pid
    listed = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    states = {one: Path(f"/proc/{one}/stat") for one in listed}
    alive = [
        one for one, stat in states.items() if stat.exists() and ") Z " not in stat.read_text()
    ]
    return [int(one) for one in alive]


def only_worker() -> int:
    (process,) = workers()
    return process


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises((ExhibitError, OSError)):
        build_frame_index(tmp_path / "gone.mp4")


def test_a_computer_that_slept_is_no_reason_to_give_a_worker_up(
    video: tuple[Path, FrameIndex], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look counts as the time it was meant to take, however long the computer slept in it."""
    monkeypatch.setattr(remote, "WALL_SECONDS", 3.0)
    reader = FrameReader(*video)
    try:
        assert reader._worker is not None
        waiting, slept = reader._worker._channel.waiting, []

        def sleep_first(seconds: float = 0.0) -> bool:
            if not slept:
                slept.append(time.sleep(1.5 * remote.WALL_SECONDS))
                return False
            return waiting(seconds)

        monkeypatch.setattr(reader._worker._channel, "waiting", sleep_first)
        worker = reader._worker
        assert read_code(reader.read(20).pixels) == 20
        assert reader._worker is worker
        assert slept
    finally:
        reader.close()
