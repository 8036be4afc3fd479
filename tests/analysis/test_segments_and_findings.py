import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.analysis.findings import Thresholds, conclude
from workstation.analysis.segments import flag_segments, smoothed
from workstation.cases.records import FaceTable, Finding, Stretch

RATE = 25
RULE = Thresholds(0.3, 0.7, 10, ("Whole-frame generation is not covered.",))


def table(*tracks: tuple[int, list[float]]) -> FaceTable:
    """Tracks from a first frame on; NaN is a face that could not be scored."""
    rows = sorted(
        (first + n, number, score)
        for number, (first, scores) in enumerate(tracks, 1)
        for n, score in enumerate(scores)
    )
    score = np.array([row[2] for row in rows], np.float32)
    return FaceTable(
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int32),
        ~np.isnan(score),
        score,
        np.zeros((len(rows), 4), np.float32),
        np.zeros((len(rows), 5, 2), np.float32),
    )


def times(frames: int = 400) -> np.ndarray:
    return np.arange(frames) / RATE


def of_exhibit(faces: FaceTable, lost=(), rule=RULE):
    return conclude(faces, times(), lost, rule)[1][0]


def of_track(faces: FaceTable, rule=RULE):
    return conclude(faces, times(), (), rule)[1][1]


def test_a_high_stretch_is_flagged_where_it_lies():
    faces = table((0, [0.1] * 100 + [0.9] * 50 + [0.1] * 100))
    (segment,) = flag_segments(faces, times(), 0.3, 0.7)
    assert abs(segment.first - 100) <= 6
    assert abs(segment.last - 149) <= 6
    assert segment.peak == pytest.approx(0.9)
    assert 100 <= segment.peak_frame < 150


def test_a_single_spike_is_not_flagged():
    assert not flag_segments(table((0, [0.1] * 50 + [1.0] * 3 + [0.1] * 50)), times(), 0.3, 0.7)


def test_a_dip_into_the_zone_does_not_break_a_segment_but_a_gap_does():
    dip = table((0, [0.9] * 40 + [0.6] * 20 + [0.9] * 40))
    assert len(flag_segments(dip, times(), 0.3, 0.7)) == 1
    gap = table((0, [0.9] * 40 + [float("nan")] * 20 + [0.9] * 40))
    assert len(flag_segments(gap, times(), 0.3, 0.7)) == 2


scores = st.lists(st.floats(0, 1, width=32) | st.just(float("nan")), max_size=150)


@given(first=scores, second=scores, low=st.floats(0, 1), high=st.floats(0, 1))
def test_segments_hold_what_they_promise(first, second, low, high):
    low, high = sorted((low, high))
    faces = table((0, first), (30, second))
    segments = flag_segments(faces, times(), low, high)
    assert segments == sorted(segments, key=lambda s: (s.first, s.track))
    for segment in segments:
        mine = (faces.track == segment.track) & faces.scored
        inside = mine & (faces.frame >= segment.first) & (faces.frame <= segment.last)
        assert {segment.first, segment.last, segment.peak_frame} <= set(
            faces.frame[inside].tolist()
        )
        assert segment.mean == pytest.approx(float(faces.score[inside].mean()), abs=1e-5)
        assert segment.peak == faces.score[inside].max()
        assert (segment.last - segment.first + 1) / RATE >= 0.5 - 1e-6
        seconds = faces.frame[mine] / RATE
        smooth = smoothed(faces.score[mine].astype(np.float64), seconds)
        assert smooth[inside[mine]].max() > high
        assert smooth[inside[mine]].min() >= (low + high) / 2 - 1e-9
        assert np.diff(seconds[inside[mine]]).max(initial=0) <= 0.5
    for one, other in pairwise(segments):
        assert one.track != other.track or one.last < other.first


@pytest.mark.parametrize(
    ("mean", "finding"),
    [
        (0.9, Finding.SUPPORTS),
        (0.71, Finding.SUPPORTS),
        (0.5, Finding.INCONCLUSIVE),
        (0.29, Finding.DOES_NOT_SUPPORT),
        (0.0, Finding.DOES_NOT_SUPPORT),
    ],
)
def test_the_mean_decides(mean, finding):
    faces = table((0, [mean] * 50))
    assert of_track(faces).finding is finding
    assert of_exhibit(faces).finding is finding
    assert f"Mean score {mean:.2f} over 50 scored frames of track 1" in of_track(faces).reasons[0]


def test_too_few_scored_frames_are_inconclusive():
    record = of_track(table((0, [0.99] * 9)))
    assert record.finding is Finding.INCONCLUSIVE
    assert "fewer than 10" in record.reasons[0]


def test_a_track_shorter_than_a_sequence_is_inconclusive():
    card = {
        "decision": {"low": 0.3, "high": 0.7, "minimum_frames": 8},
        "sequence": {"length": 32, "stride": 16},
        "not_covered": [],
    }
    rule = Thresholds.of_card(card)
    faces = table((0, [0.99] * 31), (40, [0.1] * 300))
    assert of_track(faces, rule).finding is Finding.INCONCLUSIVE
    assert of_exhibit(faces, rule=rule).finding is Finding.INCONCLUSIVE
    assert of_track(table((0, [0.99] * 32)), rule).finding is Finding.SUPPORTS
    stricter = card | {"decision": card["decision"] | {"minimum_frames": 50}}
    assert Thresholds.of_card(stricter).minimum_frames == 50


def test_frames_without_a_scored_face_are_named():
    record = of_exhibit(table((0, [0.1] * 50)))
    assert any(reason.startswith("50 of 400 frames (12.5 %)") for reason in record.reasons)
    whole = of_exhibit(table((0, [0.1] * 400)))
    assert not any("scored face;" in reason for reason in whole.reasons)


def test_a_flagged_second_in_a_low_track_is_inconclusive():
    record = of_track(table((0, [0.05] * 300 + [0.95] * 40)))
    assert record.finding is Finding.INCONCLUSIVE
    assert "part of the track scores high" in record.reasons[0]
    assert "1 segment is flagged" in record.reasons[1]


def test_a_low_score_never_stands_without_what_it_does_not_cover():
    record = of_track(table((0, [0.1] * 50)))
    assert any("Whole-frame generation is not covered." in reason for reason in record.reasons)
    assert any("Whole-frame" in reason for reason in of_exhibit(table((0, [0.1] * 50))).reasons)


def test_mostly_unsuitable_faces_are_named():
    record = of_track(table((0, [0.1] * 20 + [float("nan")] * 30)))
    assert "In 30 of the 50 frames that show it" in record.reasons[1]
    assert record.finding is Finding.INCONCLUSIVE
    assert of_track(table((0, [0.1] * 26 + [float("nan")] * 24))).finding is (
        Finding.DOES_NOT_SUPPORT
    )
    high = of_track(table((0, [0.9] * 20 + [float("nan")] * 30)))
    assert high.finding is Finding.SUPPORTS


def test_a_low_score_does_not_speak_for_an_exhibit_most_of_which_is_lost():
    faces = table((0, [0.1] * 50))
    assert of_exhibit(faces, [Stretch(100, 299, "x")]).finding is Finding.DOES_NOT_SUPPORT
    assert of_exhibit(faces, [Stretch(100, 300, "x")]).finding is Finding.INCONCLUSIVE
    high = table((0, [0.9] * 50))
    assert of_exhibit(high, [Stretch(100, 300, "x")]).finding is Finding.SUPPORTS


def test_without_a_scored_face_there_is_no_finding_either_way():
    for faces in (table(), table((0, [float("nan")] * 50))):
        record = of_exhibit(faces)
        assert record.finding is Finding.INCONCLUSIVE
        assert record.reasons[0] == "No face could be scored."
        assert record.statistics["mean"] is None


def test_the_strongest_track_speaks_for_the_exhibit():
    record = of_exhibit(table((0, [0.1] * 50), (0, [0.8] * 50), (0, [0.5] * 50)))
    assert record.finding is Finding.SUPPORTS
    assert "track 2" in record.reasons[0]
    assert record.reasons[1] == (
        "Of 3 face tracks: 1 “supports manipulation”, 1 “inconclusive”, "
        "1 “does not support manipulation”."
    )
    assert "by chance" in record.reasons[2]


def test_a_track_of_hardly_any_frames_does_not_speak_for_the_exhibit():
    record = of_exhibit(table((0, [0.9]), (1, [0.5] * 50)))
    assert "over 50 scored frames of track 2" in record.reasons[0]


def test_undecodable_frames_are_named():
    record = of_exhibit(table((0, [0.1] * 50)), [Stretch(100, 139, "damaged")])
    assert "40 of 400 frames (10.0 %) could not be decoded." in record.reasons
    assert record.statistics["undecodable"] == 40


@given(st.lists(scores, max_size=3))
def test_findings_are_plain_json_in_settled_words(tracks):
    segments, findings = conclude(table(*((0, t) for t in tracks)), times(), (), RULE)
    assert findings[0].track is None
    assert all(f.reasons and all(reason.endswith(".") for reason in f.reasons) for f in findings)
    json.dumps([dict(f.statistics) for f in findings], allow_nan=False)
    said = " ".join(reason.lower() for f in findings for reason in f.reasons)
    assert not any(word in said for word in ("probab", "confiden", "likel", "authentic", "certain"))
    assert len(segments) == sum(f.statistics.get("segments", 0) for f in findings)
