"""Numbers and times in words."""

import pytest

from ui import wording


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (130, "2 m 10 s"), (3720, "1 h 02 m"), (-3, "0 s")],
)
def test_time_left(seconds, text):
    assert wording.time_left(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (12_400_000, "12.4 MB"),
        (5e15, "5000.0 TB"),
    ],
)
def test_size(count, text):
    assert wording.size(int(count)) == text


def test_clock_and_counts_and_scores():
    assert wording.clock(192) == "00:03:12"
    assert wording.counted(1, "entry", "entries") == "1 entry"
    assert wording.counted(2, "entry", "entries") == "2 entries"
    assert wording.number(1234567) == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567"
    assert wording.score(float("nan")) == "–"
    assert wording.score(0.914) == "0.91"
    assert wording.percent(0.153) == "15 %"


def test_times_are_in_utc():
    assert wording.utc("2026-01-31T16:02:11+02:00") == "2026-01-31 14:02:11 UTC"
    assert wording.utc("2026-01-31T14:02:11.5Z") == "2026-01-31 14:02:11 UTC"
    assert wording.utc("unknown") == "unknown"
