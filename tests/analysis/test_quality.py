from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.card import read_card, write_card
from models.domain import MEASURES, Domain
from tests.analysis import clips as scenes
from tests.weights import random_weights
from workstation.analysis import quality
from workstation.analysis.chunk_result import MEASURES as WIDTH
from workstation.analysis.detector import read_detector
from workstation.analysis.export import score_rows
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.quality import SHARPNESS, outside_words
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.records import Finding
from workstation.evidence.intake import add_exhibit


def test_faces_unlike_those_on_the_card_are_marked_and_do_not_count(
    case: Case, clips: Callable[..., Path], threads: ThreadPoolExecutor, tmp_path: Path
) -> None:
    path = random_weights(tmp_path)
    ranges = dict.fromkeys(MEASURES, (None, None)) | {"brightness": (254.0, None)}
    domain = Domain("white faces", 1, 0.99, ranges)
    write_card(replace(read_card(path), domain=domain), path)
    add_exhibit(case, clips(scenes.leaving, 45))
    run = run_analysis(
        case,
        "E001",
        read_detector(path),
        AnalysisSettings(),
        threads,
        workers=1,
        announce=lambda event: None,
    )
    faces = case.runs.faces(run.id)
    assert faces.scored.any()
    assert (faces.outside == np.where(faces.scored, 1 << 12, -1)).all()
    assert (faces.sharpness[faces.scored] > 0).all()
    assert {row.unlike_training for row in score_rows(case, run) if row.score is not None} == {
        "darker than in training"
    }
    findings = case.runs.findings(run.id)
    assert {record.finding for record in findings} == {Finding.INCONCLUSIVE}
    assert findings[0].statistics["counted"] == 0
    assert "darker than in training" in findings[0].reasons[0]
    assert disagreements(case) == ()


def test_the_measures_are_those_of_the_networks_package():
    assert len(MEASURES) == WIDTH == len(quality._OUTSIDE)
    assert MEASURES[SHARPNESS] == "sharpness"


def test_bits_in_words():
    bit = {name: 1 << 2 * number for number, name in enumerate(MEASURES)}
    assert outside_words(0) == outside_words(-1) == []
    assert outside_words(bit["turn"] + bit["width"]) == ["turned away"]
    assert outside_words(2 * bit["width"]) == ["tilted up or down"]
    assert outside_words(bit["sharpness"] + 2 * bit["brightness"]) == [
        "more blurred than in training",
        "brighter than in training",
    ]
