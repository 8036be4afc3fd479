from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from workstation.analysis.pipeline import run_analysis
from workstation.analysis.replay import cache_key, seen_tracks
from workstation.analysis.settings import AnalysisSettings

SHORT = AnalysisSettings(chunk_seconds=0.5)


def analyse(case, info, threads, *, keep):
    return run_analysis(
        case, "E001", info, SHORT, threads, workers=2, announce=lambda event: None, keep=keep
    )


def test_kept_chunks_give_back_what_the_network_saw(moving_case, info, detector, threads):
    run = analyse(moving_case, info, threads, keep=True)
    tracks = seen_tracks(moving_case, moving_case.exhibits.get("E001"), detector, SHORT)
    faces = moving_case.runs.faces(run.id)
    for track in tracks:
        mine = (faces.track == track.number) & faces.scored
        assert np.array_equal(track.frame, faces.frame[mine])
        again = detector.score(track.embeddings, track.times, SHORT.gap_seconds)
        assert np.array_equal(again, faces.score[mine])
    assert sum(len(track.frame) for track in tracks) == faces.scored.sum() > 0


def test_chunks_that_were_not_kept_cannot_be_seen_again(moving_case, info, detector, threads):
    exhibit = moving_case.exhibits.get("E001")
    analyse(moving_case, info, threads, keep=False)
    assert seen_tracks(moving_case, exhibit, detector, SHORT) is None


def test_chunks_outlive_other_thresholds_but_no_other_weights(moving_case, info, detector):
    exhibit = moving_case.exhibits.get("E001")

    def key(**changes):
        known = SimpleNamespace(
            info=replace(info, **changes), precision=detector.precision, torch_device="cpu"
        )
        return cache_key(exhibit, known, SHORT)

    decision = {**info.card["decision"], "low": 0.1}
    assert key(card={**info.card, "decision": decision}) == key()
    limits = {**info.card["face_limits"], "minimum_size": 99}
    assert key(card={**info.card, "face_limits": limits}) != key()
    assert key(weights_sha256="0" * 64) != key()
