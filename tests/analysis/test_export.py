import csv
import io
from concurrent.futures import ThreadPoolExecutor

from tests.analysis import clips as scenes
from workstation.analysis.export import ADDED_COLUMNS, COLUMNS, score_rows, scores_csv
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.settings import AnalysisSettings
from workstation.evidence.intake import add_exhibit


def test_the_export_names_every_frame(case, clips, info):
    add_exhibit(case, clips(scenes.leaving, 45))
    with ThreadPoolExecutor(1) as threads:
        run = run_analysis(
            case, "E001", info, AnalysisSettings(), threads, workers=1, announce=lambda event: None
        )
    text = scores_csv(score_rows(case, run))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == COLUMNS + ADDED_COLUMNS
    assert sorted({int(row["frame"]) for row in rows}) == list(range(45))
    for row in rows:
        assert (row["state"] == "scored") == bool(row["score"])
        assert bool(row["track"]) == bool(row["x"])
        assert not row["score"] or 0 <= float(row["score"]) <= 1
    scored = {row["frame"] for row in rows if row["state"] == "scored"}
    empty = {row["frame"] for row in rows if not row["track"]}
    assert not scored & empty
    assert len(scored | empty) == 45
    assert rows[-1]["state"] == "no face"
    assert "\r" not in text
