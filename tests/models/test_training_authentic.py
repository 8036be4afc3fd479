"""Runs of authentic recordings, and forgeries laid over them."""

import json
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.card import read_card, write_card
from models.training import authentic, drawing, ranges
from models.training.__main__ import main
from models.training.authentic import (
    digest_of_runs,
    is_prepared,
    open_recorded,
    prepare_recordings,
    whole_stretches,
)
from models.training.datasets import DataError
from models.training.drawing import draw_photograph, draw_run, recorded_share
from models.training.forging import forge_run
from models.training.loop.errors import TrainingError
from models.training.material import RECORDINGS, STORE, open_material, prepare
from models.training.pairs import Pairs, draw_canvas, draw_view
from models.training.presets import PRESETS
from models.training.request import Request
from models.training.sequences import draw_instability, make_sequences, play_run
from models.training.stages import card_path
from models.training.store import NO_RUN, is_validation, open_store
from tests.models import filmed, layouts
from tests.models.faces import drawn_store, person
from tests.models.probes import surface_auc
from tests.models.quick import QUICK
from tests.weights import random_card

PEOPLE = 8


@pytest.fixture(autouse=True)
def stubs(monkeypatch):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    monkeypatch.setattr("models.training.face_cutting.follow_face", filmed.follow)
    monkeypatch.setattr(authentic, "OutlineNetwork", filmed.Outlines)
    authentic._network.cache_clear()
    yield
    authentic._network.cache_clear()
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return filmed.film_all(tmp_path_factory.mktemp("films"), PEOPLE)


@pytest.fixture(scope="module")
def out(films, tmp_path_factory):
    """Stills and runs, prepared."""
    folder = tmp_path_factory.mktemp("out")
    drawn_store(folder / STORE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.training.face_cutting.follow_face", filmed.follow)
        patch.setattr(authentic, "OutlineNetwork", filmed.Outlines)
        prepare(asked(folder, films))
    return folder


@pytest.fixture
def store(out, films):
    return open_material(asked(out, films))


def asked(out, films):
    return Request("cpu", out, out, device="cpu", workers=0, recordings=films)


@pytest.fixture
def many(monkeypatch):
    """All faces from recordings, however few people are in them."""
    monkeypatch.setattr(drawing, "RECORDED_SHARE", 1.0)
    monkeypatch.setattr(drawing, "MOST_OF_ONE", 1.0)


def test_runs_are_of_consecutive_frames_of_authentic_recordings(out):
    found = open_recorded(out / RECORDINGS)
    keys = json.loads((out / RECORDINGS / "runs.json").read_text())["runs"]
    files = [run["recording"]["path"] for run in keys]
    assert sorted(set(files)) == ["cut.mp4", *(f"real_{n}.mp4" for n in range(PEOPLE))]
    journal = (out / RECORDINGS / "clips.jsonl").read_text()
    assert "fake.mp4" not in journal
    facts = found.faces.facts[found.rows]
    for run in range(len(keys)):
        mine = facts[found.runs == run]
        assert len(mine) >= authentic.SHORTEST
        assert (np.diff(mine["number"]) == 1).all()
        assert found.positions[found.runs == run].tolist() == list(range(len(mine)))
    assert found.outlines.shape == (len(found.rows), 478, 2)


def test_a_run_ends_at_a_cut(out):
    found = open_recorded(out / RECORDINGS)
    numbers = found.faces.facts["number"][found.rows]
    mine = found.identities == person(20)
    stretches = [numbers[mine & (found.runs == run)] for run in np.unique(found.runs[mine])]
    assert [(int(part[0]), int(part[-1])) for part in stretches] == [(0, 15), (16, 31)]


def test_what_gives_no_run_is_told_and_stops_nothing(films, tmp_path, capsys):
    prepare_recordings(films, tmp_path, tmp_path)
    said = capsys.readouterr().out
    assert "Authentic recordings in" in said
    assert "no face: manifest:" in said
    assert "nobody.mp4" in said
    assert "unreadable: manifest:" in said
    before = (tmp_path / "crops.bin").stat().st_mtime_ns
    prepare_recordings(films, tmp_path, tmp_path)
    assert capsys.readouterr().out == ""
    assert (tmp_path / "crops.bin").stat().st_mtime_ns == before


def test_stopped_while_outlining_it_goes_on_and_is_never_half_there(films, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(authentic, "_outlined", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare_recordings(films, tmp_path, tmp_path)
    assert not is_prepared(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("models.training.faces.cut_faces", stop)
        prepare_recordings(films, tmp_path, tmp_path)
    assert is_prepared(tmp_path)


def test_whole_stretches_hold_no_lost_face_and_are_long_enough():
    alike = np.ones(60)
    good = np.ones(60, np.bool_)
    good[[20, 30]] = False
    assert list(whole_stretches(good, alike)) == [(0, 20), (31, 60)]
    assert list(whole_stretches(~good, alike)) == []
    cut = alike.copy()
    cut[40] = 0.6
    assert list(whole_stretches(good, cut)) == [(0, 20), (40, 60)]


def test_nobody_is_on_two_sides(store):
    recorded = store.runs != NO_RUN
    for name, side in zip(store.identities[recorded], store.validation[recorded], strict=True):
        assert side == is_validation(name)
    assert not set(store.identities[store.validation]) & set(store.identities[~store.validation])
    assert len(store.recorded(validation=True)) == 3
    assert len(store.recorded(validation=False)) == PEOPLE - 2


def test_one_face_under_two_names_goes_to_the_training_side(tmp_path, capsys):
    filmed.film(tmp_path / "films" / "real" / "a" / "1.mp4", [3] * 20)
    held = next(n for n in map(str, range(999)) if is_validation(f"films/{n}"))
    filmed.film(tmp_path / "films" / "real" / held / "2.mp4", [3] * 20)
    drawn_store(tmp_path / STORE)
    request = asked(tmp_path, tmp_path / "films")
    assert not is_validation("films/a")
    prepare(request)
    sides = open_material(request, quiet=False)
    assert "went to the training side" in capsys.readouterr().out
    assert not sides.validation[sides.runs != NO_RUN].any()


def test_a_share_of_faces_is_drawn_by_person_and_no_person_too_often(store, monkeypatch):
    assert recorded_share(store, validation=False) == pytest.approx(0.03 * (PEOPLE - 2))
    monkeypatch.setattr(drawing, "MOST_OF_ONE", 1.0)
    assert recorded_share(store, validation=False) == drawing.RECORDED_SHARE
    rng = np.random.default_rng(0)
    rows = np.array([draw_photograph(store, rng, validation=False) for _ in range(3000)])
    assert not store.validation[rows].any()
    assert not store.synthetic[rows].any()
    filmed_rows = rows[store.runs[rows] != NO_RUN]
    assert len(filmed_rows) / len(rows) == pytest.approx(drawing.RECORDED_SHARE, abs=0.04)
    _, counts = np.unique(store.identities[filmed_rows], return_counts=True)
    assert len(counts) == PEOPLE - 2
    assert counts.max() < 1.6 * counts.min()


def test_a_short_run_is_gone_through_forth_and_back(store, many):
    rng = np.random.default_rng(1)
    for steps in (5, 100):
        for _ in range(20):
            run = draw_run(store, rng, steps, validation=False)
            assert len(run) == steps
            assert len(set(store.runs[run])) == 1
            assert (np.abs(np.diff(store.positions[run])) == 1).all()


def test_pairs_from_runs_are_always_the_same(store, many):
    source = Pairs(store, False, 48, 1.25, seed=4)
    for number in range(8):
        pair, again = source.make(number, 1.0), source.make(number, 1.0)
        np.testing.assert_array_equal(pair.real, again.real)
        np.testing.assert_array_equal(pair.forged, again.forged)
        assert (pair.real != pair.forged).any()


def test_sequences_from_runs_are_always_the_same_and_forged(store, many):
    options = {"validation": True, "size": 48, "margin": 1.25, "steps": 8, "seed": 1}
    for number in range(4):
        crops, forged = make_sequences(store, number, **options)
        again, _ = make_sequences(store, number, **options)
        np.testing.assert_array_equal(crops, again)
        assert crops.shape == (2, 8, 48, 48, 3)
        assert (crops[0, forged] != crops[1, forged]).any()


def test_a_run_is_forged_where_it_says_and_nowhere_else(store, many):
    for seed in range(6):
        rng = np.random.default_rng(seed)
        run = draw_run(store, rng, 8, validation=False)
        canvas = draw_canvas(rng, 48, draw_view(rng, 1.25))
        present = np.arange(8) >= 5
        instability = replace(draw_instability(rng, 8), present=present, lag=seed % 3)
        (real, forged), landmarks = play_run(store, run, canvas, rng, instability)
        assert np.array(landmarks).shape == (8, 5, 2)
        changed = np.array([(a != b).any() for a, b in zip(real, forged, strict=True)])
        assert changed.tolist() == present.tolist()


def test_every_frame_is_forged_alike_and_by_its_own_outline(store, many):
    rng = np.random.default_rng(2)
    rows = draw_run(store, rng, 6, validation=False)
    outlines = np.array(store.outlines[np.arange(len(store.crops))])
    drift = np.zeros_like(outlines)
    for step, row in enumerate(rows):
        drift[row, :, 0] = 5.0 * step
    moving = replace(store, outlines=outlines + drift, reopen=None)
    canvas = draw_canvas(rng, 96, draw_view(rng, 1.25))
    for seed in range(5):
        made = list(forge_run(moving, rows, canvas, np.random.default_rng(seed), 0.5))
        kinds = {(m.recipe.region, m.recipe.donor, m.recipe.ratio, m.recipe.fitted) for m in made}
        assert len(kinds) == 1
        columns = np.arange(canvas.size)
        middles = [(m.mask.sum(axis=0) * columns).sum() / m.mask.sum() for m in made]
        assert np.diff(middles).min() > 1.0


def test_codec_size_and_blur_alone_do_not_tell_pairs_of_recordings_apart(store, many):
    assert 0.35 < surface_auc(Pairs(store, False, 64, 1.25, seed=9)) < 0.65


def test_a_store_is_small_when_pickled(store, out):
    for kept in (store, open_store(out / STORE)):
        data = pickle.dumps(kept)
        assert len(data) < 4000 + len(kept.crops)
        again = pickle.loads(data)
        np.testing.assert_array_equal(again.validation, kept.validation)
        np.testing.assert_array_equal(again.crops[len(kept.crops) - 1], kept.crops[-1])
        np.testing.assert_array_equal(again.portrait(3, 64).pixels, kept.portrait(3, 64).pixels)


def test_a_store_without_runs_draws_nothing_for_them(out):
    store = open_store(out / STORE)
    assert recorded_share(store, validation=False) == 0.0
    one, other = np.random.default_rng(3), np.random.default_rng(3)
    drawn = draw_photograph(store, one, validation=False)
    assert drawn == other.choice(store.rows(validation=False, synthetic=False))
    assert draw_run(store, one, 8, validation=False) is None
    assert one.random() == other.random()


def test_the_card_names_the_people_and_the_training_keeps_to_them(
    films, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(PRESETS, "cpu", replace(QUICK, steps=2, sequences=3, temporal_steps=2))
    monkeypatch.setattr(drawing, "RECORDED_SHARE", 0.5)
    drawn_store(tmp_path / STORE)
    words = ["--preset", "cpu", "--data", str(tmp_path), "--out", str(tmp_path)]
    words += ["--device", "cpu", "--recordings"]
    main([*words, str(films)])
    card = read_card(card_path(asked(tmp_path, films)))
    wanted = sorted([*(person(number) for number in range(PEOPLE)), person(20)])
    assert card.training["identities"] == wanted
    row = card.training["data"][-1]
    assert (row["recordings"], row["people"]) == (PEOPLE + 1, PEOPLE + 1)
    assert row["terms"].startswith("as their data set says")
    assert "--recordings RECORDINGS" in card.training["command"]
    assert "authentic recordings of 6 people" in card.training["recipe"]
    assert "authentic recordings" in card.limits[1]
    before = digest_of_runs(tmp_path / RECORDINGS)
    fewer = tmp_path / "fewer"
    filmed.film(fewer / "real" / "somebody" / "1.mp4", [1] * 20)
    with pytest.raises(SystemExit):
        main([*words, str(fewer)])
    assert digest_of_runs(tmp_path / RECORDINGS) != before
    assert "other settings (recordings " in capsys.readouterr().err
    main([*words, str(films)])
    assert digest_of_runs(tmp_path / RECORDINGS) == before


def test_ranges_of_training_cover_the_recordings(store, out, tmp_path):
    path = tmp_path / "a.card.json"
    write_card(random_card(), path)
    words = [str(path), "--store", str(out / STORE), "--pairs", "2"]
    ranges.main([*words, "--recordings", str(out / RECORDINGS)])
    domain = read_card(path).domain
    stills = int((~store.validation & (store.runs == NO_RUN)).sum())
    assert f"{stills} stills and " in domain.material
    assert domain.crops > stills + 4


def test_what_holds_no_authentic_recording_is_refused(films, tmp_path, monkeypatch):
    fakes = layouts.manifest(tmp_path / "fakes", [{"file": "a.mp4", "label": "fake"}])
    with pytest.raises(DataError, match=r"holds no authentic recording: all 1 are manipulated"):
        prepare_recordings(fakes, tmp_path / "a", tmp_path)
    assert not (tmp_path / "a").exists()
    with pytest.raises(DataError, match="holds no authentic recording"):
        prepare(asked(tmp_path / "a", fakes))
    assert not (tmp_path / "a").exists()
    (tmp_path / "stills").mkdir()
    layouts.archive(tmp_path / "stills" / "faces.tar", {"real/a.png": b"x"})
    with pytest.raises(DataError, match="holds stills"):
        prepare_recordings(tmp_path / "stills", tmp_path / "a", tmp_path)
    with pytest.raises(DataError, match="There is no folder"):
        prepare_recordings(tmp_path / "none", tmp_path / "a", tmp_path)
    monkeypatch.setattr(authentic, "SMALLEST_FACE", 1000)
    with pytest.raises(DataError, match="at least 1000 pixels large"):
        prepare_recordings(films, tmp_path / "b", tmp_path)
    assert not is_prepared(tmp_path / "b")
    with pytest.raises(TrainingError, match="no --recordings"):
        replace(asked(tmp_path, films), preset="seed").labelled_preset()


def test_of_copies_the_least_compressed_is_taken(tmp_path):
    chosen = authentic.authentic_in(layouts.faceforensics(tmp_path)).recordings
    assert {r.fake for r in chosen} == {False}
    assert {r.compression for r in chosen} == {"c23", "raw"}
    assert len({r.clip for r in chosen}) == len(chosen)


def test_where_nobody_is_named_a_part_of_the_set_counts_as_one(tmp_path):
    listing = authentic.authentic_in(layouts.dfdc(tmp_path))
    assert len(listing.recordings) == 12
    assert {authentic.identity_of(r) for r in listing.recordings} == {
        f"dfdc/dfdc_train_part_{part}" for part in range(4)
    }


def test_runs_that_were_not_prepared_or_are_damaged_are_refused(out, films, tmp_path):
    drawn_store(tmp_path / STORE)
    assert digest_of_runs(tmp_path / RECORDINGS) is None
    with pytest.raises(TrainingError, match="no prepared recordings"):
        open_material(asked(tmp_path, films))
    prepare_recordings(films, tmp_path / RECORDINGS, tmp_path)
    outlines = tmp_path / RECORDINGS / "outlines.bin"
    outlines.write_bytes(outlines.read_bytes()[:-8])
    with pytest.raises(DataError, match="has not the size"):
        open_material(asked(tmp_path, films))
    (tmp_path / RECORDINGS / "runs.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read"):
        open_material(asked(tmp_path, films))
