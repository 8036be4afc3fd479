"""Figures of a stretch: what is counted, and what is said where nothing is."""

import numpy as np
import pytest

from tests.ui.face_tables import table_of
from tests.ui.timeline.test_timeline_scores import index_of
from ui.timeline.content import Content
from ui.timeline.scores import ExhibitScores
from ui.timeline.selection import details, figures

NAN = float("nan")


def content_of(rows, thresholds=(0.4, 0.6), outside=()):
    index = index_of(100)
    faces = table_of(rows)
    faces.outside[:] = np.isin(faces.frame, outside)
    scores = ExhibitScores(index)
    scores.append(0, 100, faces)
    return Content(index, scores, thresholds=thresholds, run="run 1: test")


def test_mean_peak_share_and_counts_of_each_track():
    rows = [(frame, 1, 0.2 if frame < 20 else 0.8) for frame in range(10, 30)]
    rows += [(frame, 2, NAN if frame % 2 else 0.5) for frame in range(0, 50)]
    rows += [(frame, 3, 0.9) for frame in range(60, 70)]
    found = figures(content_of(rows), 15, 24)
    assert [one.track for one in found] == [1, 2]
    first, second = found
    assert (first.present, first.scored, first.peak_frame) == (10, 10, 20)
    assert (first.mean, first.peak, first.above) == pytest.approx((0.5, 0.8, 0.5))
    assert (second.present, second.scored, second.above) == (10, 5, 0.0)


def test_a_face_that_was_never_scored_has_no_figures_and_no_zero():
    [only] = figures(content_of([(frame, 4, NAN) for frame in range(5)]), 0, 99)
    assert (only.present, only.scored, only.peak_frame) == (5, 0, -1)
    assert np.isnan([only.mean, only.peak, only.above]).all()
    assert only.sentence == "track 4: in 5 frames, none of them scored"


def test_without_thresholds_no_share_is_said():
    [only] = figures(content_of([(3, 1, 0.5)], thresholds=None), 0, 9)
    assert "above" not in only.sentence


def test_frames_outside_the_training_range_are_said():
    content = content_of([(frame, 1, 0.5) for frame in range(20)], outside=[3, 4, 5, 15])
    [only] = figures(content, 0, 9)
    assert only.outside == 3
    assert "3 outside the training range" in only.sentence
    assert content.scores.spans(1, outside=True)[0].tolist() == pytest.approx([0.12, 0.6])


def test_details_name_the_run_the_threshold_and_what_scores_are_not():
    text = details(content_of([(3, 1, 0.5)]), 0, 9)
    for part in ("run 1: test", "upper threshold 0.60", "track 1: mean 0.50", "not probabilities"):
        assert part in text
