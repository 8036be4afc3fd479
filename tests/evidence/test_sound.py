"""The sound lies where its timestamps say, on the time of the frames, whatever the file does."""

import itertools
import select

import numpy as np
import pytest

from tests import videos
from tests.sounds import RATE, clicks, make_sounding
from workstation.errors import WorkstationError
from workstation.evidence import hearing
from workstation.evidence.frame_index import build_frame_index
from workstation.evidence.isolation import serving
from workstation.evidence.sound import NoSound, SoundReader, end_of, waveform


def heard(path, start=0.0, **how):
    """All samples from a moment on, float32 (N, 2), and the reader's facts."""
    reader = SoundReader(path, build_frame_index(path))
    try:
        return np.concatenate([np.zeros((0, 2), np.float32), *reader.samples(start, **how)])
    finally:
        reader.close()


def click_times(samples, rate=RATE):
    """Seconds at which clicks begin."""
    loud = np.flatnonzero(np.abs(samples).max(axis=1) > 0.3)
    first = np.flatnonzero(np.diff(loud, prepend=-rate) > rate // 20)
    return loud[first] / rate


class _Desk:
    """Takes what a worker says, and counts how often it waited to be let go on."""

    def __init__(self):
        self.shares, self.waited, self.channel = [], 0, self

    def share(self, done):
        self.shares.append(done)
        return True

    def receive(self):
        self.waited += 1
        return {"next": True}, b""

    def say(self, message, data=b""):
        pass


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "plain.mov"
    return make_sounding(path, sound=clicks(2.0))


def test_all_of_it_from_the_first_frame_on(plain):
    samples = heard(plain)
    assert samples.shape == (2 * RATE, 2)
    assert np.allclose(samples[:, 0], samples[:, 1])
    assert click_times(samples) == pytest.approx([0, 0.5, 1, 1.5], abs=0.001)


@pytest.mark.parametrize("start", [0.3, 0.77, 1.999])
def test_from_any_moment_the_same_samples(plain, start):
    whole = heard(plain)
    part = heard(plain, start)
    assert len(part) == len(whole) - round(start * RATE)
    assert np.abs(part - whole[round(start * RATE) :]).max() < 1e-4


def test_a_compressed_sound_lies_in_the_same_place(tmp_path):
    path = make_sounding(tmp_path / "aac.mp4", sound=clicks(2.0), codec="aac")
    assert click_times(heard(path, 0.25)) == pytest.approx([0.25, 0.75, 1.25], abs=0.03)


def test_times_count_from_the_first_frame(tmp_path):
    path = make_sounding(tmp_path / "late.mkv", sound=clicks(2.0), picture_starts=0.25)
    assert click_times(heard(path)) == pytest.approx([0.25, 0.75, 1.25], abs=0.002)


def test_before_the_sound_begins_there_is_silence(tmp_path):
    path = make_sounding(tmp_path / "begins.mkv", sound=clicks(1.0), starts=0.6)
    samples = heard(path)
    assert click_times(samples) == pytest.approx([0.6, 1.1], abs=0.002)
    assert not samples[: round(0.59 * RATE)].any()


@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_at_another_speed_it_takes_another_time(plain, speed):
    samples = heard(plain, speed=speed)
    assert len(samples) / RATE == pytest.approx(2.0 / speed, abs=0.08)


def test_at_another_rate_it_takes_the_same_time(plain):
    samples = heard(plain, rate=44100)
    assert click_times(samples, 44100) == pytest.approx([0, 0.5, 1, 1.5], abs=0.005)


def test_speeds_at_which_it_cannot_be_understood_are_refused(plain):
    with pytest.raises(ValueError, match="4"):
        heard(plain, speed=4.0)


def test_facts(plain, tmp_path):
    long = make_sounding(tmp_path / "long.mp4", sound=clicks(3.0), codec="aac")
    index = build_frame_index(long)
    reader = SoundReader(long, index)
    reader.close()
    assert (reader.facts.codec, reader.facts.rate) == ("aac", RATE)
    assert reader.facts.ends == pytest.approx(3.0, abs=0.05)
    assert end_of(index) == pytest.approx(2.0)


def test_a_video_without_sound_says_so(tmp_path):
    silent = videos.make_video(tmp_path / "silent.mp4", frames=5)
    with pytest.raises(NoSound, match="holds no sound") as refused:
        SoundReader(silent, build_frame_index(silent))
    assert isinstance(refused.value, WorkstationError)


def test_damaged_sound_leaves_silence_of_the_same_length(tmp_path):
    path = make_sounding(tmp_path / "s.mp4", frames=5, sound=clicks(2.0), codec="aac")
    index = build_frame_index(path)
    whole = heard(path)
    damaged = videos.zero_bytes(path, tmp_path / "d.mp4", at=0.7, length=400)
    reader = SoundReader(damaged, index)
    samples = np.concatenate(list(reader.samples(0.0)))
    reader.close()
    assert len(samples) == pytest.approx(len(whole), abs=2048)


def test_waveform(plain):
    peaks = waveform(plain, build_frame_index(plain), 40)
    assert peaks.shape == (40, 2)
    assert peaks.dtype == np.float32
    loud = np.flatnonzero(peaks[:, 1] > 0.7)
    assert loud.tolist() == [0, 10, 20, 30]
    assert not np.isnan(peaks).any()


def test_waveform_says_nothing_where_there_is_no_sound(tmp_path):
    path = make_sounding(tmp_path / "short.mkv", sound=clicks(1.0))
    peaks = waveform(path, build_frame_index(path), 20)
    assert not np.isnan(peaks[:10]).any()
    assert np.isnan(peaks[11:]).all()


def test_waveform_of_a_sound_longer_than_the_picture_ends_with_it(tmp_path):
    path = make_sounding(tmp_path / "longer.mkv", sound=clicks(5.0))
    peaks = waveform(path, build_frame_index(path), 20)
    assert np.flatnonzero(peaks[:, 1] > 0.7).tolist() == [0, 5, 10, 15]


def test_waveform_reports_progress_and_can_be_cancelled(tmp_path):
    path = make_sounding(tmp_path / "p.mkv", sound=clicks(8.0), frames=200, size=(64, 36))
    index = build_frame_index(path)
    shares = []
    waveform(path, index, 10, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    desk = _Desk()
    serving.SERVICES["waveform"](desk, path, index, {"buckets": 10})
    assert len(desk.shares) >= 8
    assert desk.waited == len(desk.shares)
    assert np.isnan(waveform(path, index, 10, cancelled=lambda: True)).all()
    asked = itertools.count()
    peaks = hearing.waveform(path, index, 10, cancelled=lambda: next(asked) >= 2)
    assert np.isnan(peaks[:, 0]).sum() == pytest.approx(7, abs=1)


def test_a_worker_that_dies_leaves_a_second_of_silence(tmp_path):
    path = make_sounding(tmp_path / "d.mkv", sound=clicks(8.0), frames=200, size=(64, 36))
    reader = SoundReader(path, build_frame_index(path))
    try:
        rate, blocks = reader.facts.rate, []
        for block in reader.samples(0.0):
            blocks.append(block)
            if len(blocks) == 20:
                end(reader._worker)
    finally:
        reader.close()
    cut = sum(len(block) for block in blocks[:20])
    heard = np.concatenate(blocks)
    assert len(heard) == pytest.approx(8 * rate, abs=0.05 * rate)
    silence = heard[cut + rate // 20 : cut + rate - rate // 20]
    assert np.abs(silence).max() == 0
    expected = np.concatenate(list(hearing_of(path)))[cut + rate : cut + 3 * rate]
    found = heard[cut + rate : cut + 3 * rate]
    assert np.abs(found - expected).max() < 0.01


def end(worker):
    """Kill a worker, and see that it is gone: what kills it does not wait."""
    hung_up = select.poll()
    hung_up.register(worker._channel.fileno(), select.POLLHUP)
    worker._process.end()
    assert hung_up.poll(20_000)


def hearing_of(path):
    reader = hearing.SoundReader(path, build_frame_index(path))
    try:
        yield from reader.samples(0.0)
    finally:
        reader.close()


def test_a_waveform_needs_parts(plain):
    with pytest.raises(ValueError, match="0"):
        waveform(plain, build_frame_index(plain), 0)
