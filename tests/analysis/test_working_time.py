"""Time that was worked: pauses and a sleeping computer do not count."""

from workstation.analysis.working_time import ASLEEP_SECONDS, WorkingTime


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def work(time: WorkingTime, clock: Clock, seconds: int) -> None:
    for _ in range(seconds):
        clock.now += 1.0
        time.seconds()


def test_pauses_do_not_count() -> None:
    clock = Clock()
    time = WorkingTime(clock)
    assert time.seconds() == 0.0
    time.go()
    work(time, clock, 10)
    time.stop()
    clock.now += 30.0
    assert time.seconds() == 10.0
    time.go()
    work(time, clock, 5)
    assert time.seconds() == 15.0


def test_a_computer_that_slept_overnight_worked_no_longer() -> None:
    clock = Clock()
    time = WorkingTime(clock)
    time.go()
    work(time, clock, 90)
    clock.now += 8 * 3600.0
    assert time.seconds() == 90.0
    work(time, clock, 10)
    assert time.seconds() == 100.0


def test_a_slow_moment_counts() -> None:
    clock = Clock()
    time = WorkingTime(clock)
    time.go()
    clock.now += ASLEEP_SECONDS / 2
    assert time.seconds() == ASLEEP_SECONDS / 2
