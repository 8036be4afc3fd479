"""When frames are due: both ways, at every speed, with and without sound, without Qt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.player.playback import AHEAD, SLACK, SPEEDS, Playback

TIMES = np.arange(1000) / 25


def test_backwards_every_frame_is_due_in_turn():
    playback = Playback(TIMES, 100, -1.0)
    assert playback.to_ask(0.0, 0) == [99, 98, 97, 96]
    playback.arrived(10.0)
    assert playback.due(10.0) == 100
    assert playback.wait(99, 10.0) == pytest.approx(0.04)
    assert playback.due(10.05) == 99
    assert playback.due(10.41) == 90


def test_backwards_it_ends_with_the_first_frame():
    playback = Playback(TIMES, 2, -1.0)
    assert playback.to_ask(0.0, 0) == [1, 0]
    playback.shows(0, 0.1)
    assert playback.ended
    assert playback.to_ask(0.2, 0) == []


def test_it_ends_with_the_frame_it_was_told_to():
    playback = Playback(TIMES, 10, 1.0, last=12)
    assert playback.to_ask(0.0, 0) == [11, 12]
    playback.shows(11, 0.0)
    assert not playback.ended
    playback.shows(12, 0.0)
    assert playback.ended


def test_at_eight_times_only_what_a_screen_can_show_is_asked_for_and_the_rest_is_counted():
    playback = Playback(TIMES, 0, 8.0)
    asked = playback.to_ask(0.0, 0)
    assert asked == [1, 5, 9, 13]
    for number in asked:
        playback.arrived(0.0)
        playback.shows(number, 0.0)
    assert playback.left_out == 9


def test_an_ordinary_rate_leaves_nothing_out():
    times = np.arange(600) / 60
    playback = Playback(times, 0, 1.0)
    assert playback.to_ask(0.0, 0) == [1, 2, 3, 4]


@given(st.sampled_from(SPEEDS), st.booleans(), st.integers(0, 999), st.integers(0, 999))
def test_what_is_asked_for_goes_one_way_and_reaches_the_end(speed, back, frame, last):
    rate = -speed if back else speed
    if (last - frame) * rate <= 0:
        return
    playback = Playback(TIMES, frame, rate, last)
    asked = []
    while part := playback.to_ask(0.0, 0):
        asked += part
        for number in part:
            playback.arrived(0.0)
            playback.shows(number, 0.0)
            playback._began = (0.0, playback._times[number])
    assert asked == sorted(set(asked), reverse=back)
    assert asked[-1] == last
    assert playback.ended
    assert playback.left_out == abs(last - frame) - len(asked)


def test_with_sound_the_clock_waits_for_it_and_follows_it():
    playback = Playback(TIMES, 50, 1.0, sound=True)
    playback.to_ask(0.0, 0)
    playback.arrived(0.0)
    assert playback.silent
    assert playback.wait(51, 0.0) == SLACK
    playback.follow(2.0, 100.0)
    assert not playback.silent
    assert playback.due(100.1) == 52
    playback.follow(2.5, 100.2)  # 0.3 s ahead of what was thought
    assert playback.position(100.2) == pytest.approx(2.5)
    playback.follow(2.61, 100.3)  # a report in steps: hardly heeded
    assert playback.position(100.3) == pytest.approx(2.60125)


def test_a_clock_that_runs_fast_is_never_more_than_a_frame_and_a_half_away_from_the_sound():
    playback = Playback(TIMES, 0, 1.0, sound=True)
    rng = np.random.default_rng(5)
    for tick in range(1500):
        heard = tick * 0.02 * 0.998 + rng.uniform(-0.01, 0.01)  # the device runs slow by 0.2 %
        playback.follow(heard, tick * 0.02)
        assert abs(playback.position(tick * 0.02) - tick * 0.02 * 0.998) < 0.06


def test_with_sound_the_picture_that_is_late_is_said_to_be_and_the_clock_is_not_set_back():
    playback = Playback(TIMES, 0, 1.0, sound=True)
    playback.follow(0.0, 0.0)
    playback.shows(1, 3.0)
    assert not playback.slowed
    assert playback.behind == pytest.approx(2.96)
    assert playback.lag(3.0) == pytest.approx(2.92)
    assert playback.lag(4.0) == pytest.approx(3.92)  # it still stands there
    assert playback.due(3.0) == 75


def test_when_the_sound_ends_the_clock_goes_on_from_where_it_was():
    playback = Playback(TIMES, 0, 1.0, sound=True)
    playback.follow(1.0, 10.0)
    playback.without_sound(10.5)
    assert playback.position(11.0) == pytest.approx(2.0)
    assert not playback.with_sound


def test_a_late_frame_backwards_is_skipped_to_what_is_due_next():
    playback = Playback(TIMES, 500, -1.0)
    playback.to_ask(0.0, 0)
    for _ in range(AHEAD):
        playback.arrived(0.0)
    assert playback.to_ask(1.0, 0) == [474]


def played_with_sound(cost, *, keys=None, until=999):
    """Seconds by which each frame shown came late, as `cost(last, frame)` seconds each are decoded.

    Frames are decoded one after the other, the sound goes on whatever happens.
    """
    playback = Playback(TIMES, 0, 1.0, until, sound=True, keys=keys)
    playback.follow(0.0, 0.0)
    late, queue, held, last, now = {}, [], [], 0, 0.0
    while not playback.ended:
        queue += playback.to_ask(now, len(held))
        if queue:
            number = queue.pop(0)
            done = now + cost(last, number)
            last = number
        else:
            number, done = None, now + max(playback.wait(held[0], now), 0.0) + 1e-6
        while True:  # what is due meanwhile is shown meanwhile
            due = [frame for frame in held if playback.wait(frame, done) <= 0]
            if not due:
                break
            at = max(now, now + playback.wait(held[0], now))
            late[held[0]] = max(-playback.wait(held[0], at), 0.0)
            playback.shows(held.pop(0), at)
        now = done
        if number is not None:
            playback.arrived(now)
            held.append(number)
            if playback.wait(number, now) <= 0:
                late[number] = max(-playback.wait(number, now), 0.0)
                playback.shows(number, now)
                held.remove(number)
    return playback, late


def test_what_keeps_up_leaves_nothing_out():
    playback, late = played_with_sound(lambda last, frame: 0.03)
    assert playback.left_out < 10
    assert max(list(late.values())[10:]) < 0.04


def test_frames_that_each_take_too_long_are_left_out_and_the_others_come_in_time():
    playback, late = played_with_sound(lambda last, frame: 0.1)
    assert playback.left_out == pytest.approx(600, abs=150)
    assert max(list(late.values())[10:]) <= 0.05
    assert np.median(list(late.values())) < 0.02


def test_where_decoding_never_keeps_up_it_goes_on_with_key_frames_in_their_time():
    keys = np.arange(0, 1000, 250)

    def slower_than_the_sound(last, frame):
        start = max(key for key in keys if key <= frame)
        return 0.05 * (frame - (last if last >= start else start - 1))

    _, without = played_with_sound(slower_than_the_sound, until=800)
    playback, late = played_with_sound(slower_than_the_sound, keys=keys, until=800)
    assert max(without.values()) > 2.0
    assert max(late.values()) < 1.3
    assert all(late[key] < 0.04 for key in keys[1:].tolist())
    assert playback.left_out > 100


@pytest.mark.parametrize("last", [50, 99, 100, 150])
def test_where_decoding_never_keeps_up_it_still_ends_with_the_last_frame_of_the_stretch(last):
    keys = np.arange(0, 1000, 100)
    playback, late = played_with_sound(lambda before, frame: 0.7, keys=keys, until=last)
    assert max(late) == last
    assert playback.ended
    assert playback.left_out + len(late) == last
