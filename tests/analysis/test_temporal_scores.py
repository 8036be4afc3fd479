import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.analysis.temporal import TemporalScorer, score_track


class Summing:
    """A detector whose score of a step is the sum of the sequence up to it: shows what it saw."""

    def __init__(self, length: int, stride: int) -> None:
        self.sequence = (length, stride)

    def score_sequences(self, sequences):
        assert sequences.dtype == np.float32
        assert sequences.shape[1] == self.sequence[0]
        return np.cumsum(sequences[..., 0], axis=1).astype(np.float32)


def numbers(count: int) -> np.ndarray:
    """Embeddings 1, 2, 4, 8, ...: a sum tells which were in it."""
    return (2.0 ** np.arange(count))[:, None].astype(np.float16)


def test_each_face_is_scored_with_the_longest_past_a_sequence_gives():
    scores = score_track(Summing(4, 2), numbers(9), np.arange(9) / 25, 0.5)
    # Sequences 0-3, 2-5, 4-7, 6-9; a face's first one counts.
    expected = [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3], [2, 3, 4], [2, 3, 4, 5]]
    expected += [[4, 5, 6], [4, 5, 6, 7], [6, 7, 8]]
    assert scores.tolist() == [sum(2**n for n in faces) for faces in expected]


def test_the_counting_starts_anew_after_a_gap():
    times = np.array([0, 0.1, 0.2, 1.0, 1.1])
    scores = score_track(Summing(8, 4), numbers(5), times, 0.5)
    assert scores.tolist() == [1, 3, 7, 8, 24]


@given(
    length=st.integers(1, 9),
    stride=st.integers(1, 9),
    steps=st.lists(st.sampled_from([0.04, 0.3, 0.8]), min_size=1, max_size=40),
    edges=st.sets(st.integers(1, 40), max_size=6),
    tracks=st.integers(1, 3),
)
def test_scores_do_not_depend_on_how_faces_come_in(length, stride, steps, edges, tracks):
    detector = Summing(length, min(stride, length))
    times = np.cumsum(steps)
    track = (np.arange(len(times)) % tracks).astype(np.int32)
    embeddings = np.random.default_rng(0).random((len(times), 3)).astype(np.float16)
    whole = TemporalScorer(detector, 0.5).score(track, times, embeddings)
    scorer = TemporalScorer(detector, 0.5)
    parts = [
        scorer.score(*some)
        for some in zip(
            *(np.split(a, sorted(edges)) for a in (track, times, embeddings)), strict=True
        )
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert np.isfinite(whole).all()


def test_tracks_do_not_influence_each_other():
    detector = Summing(4, 2)
    times = np.repeat(np.arange(10) / 25, 2)
    track = np.tile(np.array([1, 2], np.int32), 10)
    embeddings = np.random.default_rng(1).random((20, 2)).astype(np.float16)
    both = TemporalScorer(detector, 0.5).score(track, times, embeddings)
    for number in (1, 2):
        mine = track == number
        alone = score_track(detector, embeddings[mine], times[mine], 0.5)
        np.testing.assert_array_equal(both[mine], alone)


def test_no_face_no_score():
    nothing = np.zeros((0, 3), np.float16)
    assert len(score_track(Summing(4, 2), nothing, np.zeros(0), 0.5)) == 0


def test_the_memory_of_a_long_track_is_bounded():
    scorer = TemporalScorer(Summing(8, 4), 0.5)
    for number in range(200):
        embedding = np.ones((1, 3), np.float16)
        scorer.score(np.array([1], np.int32), np.array([number / 25]), embedding)
    assert len(scorer._past[1].embeddings) <= 8


@pytest.mark.parametrize("count", [1, 5, 33, 70])
def test_a_real_network_gives_the_same_however_faces_come_in(detector, count):
    rng = np.random.default_rng(count)
    embeddings = rng.normal(0, 1, (count, detector.width)).astype(np.float16)
    times = np.arange(count) / 25
    whole = detector.score(embeddings, times)
    scorer = TemporalScorer(detector, 0.5)
    ones = np.ones(count, np.int32)
    parts = [
        scorer.score(ones[n : n + 7], times[n : n + 7], embeddings[n : n + 7])
        for n in range(0, count, 7)
    ]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-4)
    assert ((whole >= 0) & (whole <= 1)).all()
