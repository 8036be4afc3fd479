"""Text that can always be shown, and plots that keep their peaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.graphics import renderPDF
from reportlab.graphics.shapes import PolyLine, String
from reportlab.pdfbase import pdfmetrics

from tests.report.filled_case import Track, faces_of
from workstation.cases.records import Segment
from workstation.report import fonts, plot, words
from workstation.report.card_figures import evaluations


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_every_text_can_be_shown(text: str) -> None:
    shown = fonts.plain(text)
    held = pdfmetrics.getFont(fonts.SANS).face.charToGlyph
    assert all(ord(character) in held for character in shown)
    shown.encode("utf-8")


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_plain_latin_stays_as_it_is(text: str) -> None:
    assert fonts.plain(text) == text
    assert fonts.plain(text, mono=True) == text


def test_greek_in_the_monospaced_face_is_written_as_code_points() -> None:
    assert fonts.plain("α.mp4", mono=True) == "\\u{03B1}.mp4"
    assert fonts.plain("α.mp4") == "α.mp4"


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=3000), st.floats(1, 400))
def test_reduction_keeps_extremes_and_ends(scores: list[float], width: float) -> None:
    values = np.array(scores, np.float32)
    x = np.linspace(0, width, len(values))
    points = plot.reduce_to_columns(x, values)
    kept = [score for _, score in points]
    assert max(kept) == values.max()
    assert min(kept) == values.min()
    assert points[0] == (x[0], values[0])
    assert points[-1] == (x[-1], values[-1])
    assert [place for place, _ in points] == sorted(place for place, _ in points)
    assert len(points) <= max(len(values), 1)


def test_a_long_track_is_reduced() -> None:
    x = np.linspace(0, 300, 100_000)
    scores = np.full(len(x), 0.2, np.float32)
    scores[54_321] = 0.97
    points = plot.reduce_to_columns(x, scores)
    assert len(points) < 4 * 601
    assert max(score for _, score in points) == pytest.approx(0.97)


def contents(drawing: object, kind: type) -> list[object]:
    found = []
    for part in getattr(drawing, "contents", []):
        found += [part] if isinstance(part, kind) else contents(part, kind)
    return found


def test_gaps_break_the_curve() -> None:
    faces = faces_of([Track(1, 0, 100, 0.5, (40, 60))])
    drawing = plot.timeline(faces, np.arange(120) / 25, (0.4, 0.6), [])
    assert len(contents(drawing, PolyLine)) == 2


@pytest.mark.parametrize("frames", [1, 2, 100])
def test_plots_of_any_length(frames: int) -> None:
    faces = faces_of([Track(1, 0, frames, 0.5)])
    segment = Segment(1, 0, frames - 1, 0.7, 0.8, 0)
    drawing = plot.timeline(
        faces, np.arange(frames) / 25, (0.49, 0.51), [segment], [(0, frames - 1)]
    )
    assert renderPDF.drawToString(drawing).startswith(b"%PDF")
    assert {"0.49 lower", "0.51 upper", "S1"} <= {
        text.text for text in contents(drawing, String) if isinstance(text, String)
    }


def test_a_track_without_a_score() -> None:
    faces = faces_of([Track(1, 0, 50, 0.5, (0, 50))])
    drawing = plot.timeline(faces, np.arange(50) / 25, (0.4, 0.6), [])
    assert contents(drawing, PolyLine) == []


@given(st.floats(0, 1e6))
def test_clock_reads_back(seconds: float) -> None:
    hours, minutes, rest = words.clock(seconds).split(":")
    assert int(hours) * 3600 + int(minutes) * 60 + float(rest) == pytest.approx(
        seconds, abs=0.00051
    )


def test_counts_are_exact() -> None:
    assert words.size(5 * 2**30 + 1) == "5\u2009368\u2009709\u2009121 bytes (5.0 GiB)"
    assert words.size(1) == "1 bytes"
    assert words.count_of(1, "frame") == "1 frame"
    assert words.count_of(2000, "frame") == "2\u2009000 frames"
    assert words.share(0, 0) == "–"


def test_findings_on_a_card_are_a_table() -> None:
    rows = [{"clips": 4, "inconclusive": 1, "name": "real"}, {"clips": 20, "name": "fake"}]
    (entry,) = evaluations({"evaluation": [{"name": "At the thresholds", "findings": rows}]})
    (table,) = entry.tables
    assert table.columns == ("name", "clips", "inconclusive")
    assert table.rows == (("real", "4", "1"), ("fake", "20", "–"))
    assert entry.rest == ""


def test_cards_are_read_leniently() -> None:
    (full, bare) = evaluations(
        {
            "evaluation": [
                {
                    "data": "clips",
                    "n_real": 4,
                    "n_fake": 20,
                    "auc": 0.791,
                    "auc_interval": [0.6, 1],
                },
                {"equal_error_rate": 0.25},
                "a remark",
            ]
        }
    )
    assert full.sentence == "clips: AUC 0.79 (95 % interval 0.60 to 1.00; 4 real, 20 fake)."
    assert bare.auc == "–"
    assert bare.rest == "equal error rate: 0.25"
    assert evaluations({}) == []
