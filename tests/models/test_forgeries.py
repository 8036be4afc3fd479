from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.preprocessing import template_points
from models.training import forging
from models.training import pairs as pairing
from models.training.blending import REGIONS, blend, displace, region_mask
from models.training.corruption import Corruption, draw_corruption, h264, jpeg
from models.training.fitting import lay_onto
from models.training.forging import Canvas, draw_recipe, forgery_layers, make_forgery
from models.training.pairs import Pairs, View, cut, draw_view
from models.training.regions import region_map
from models.training.sequences import make_sequences, sequence_files, write_sequences
from models.training.store import STORE_MARGIN, STORE_SIZE, is_validation
from tests.models.faces import drawn_outline, drawn_still, drawn_store
from tests.models.probes import surface_auc

SIZE = 96
CANVAS = Canvas(size=160, margin=1.4, fineness=1.5)
PLAIN = Corruption(None, 1.0, 0.0, 0.0, 0, None, 0, (0.0, 0.0), None)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return drawn_store(tmp_path_factory.mktemp("store"))


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(REGIONS)), st.integers(0, 2**32 - 1), st.floats(0.2, 1.0))
def test_outside_the_mask_nothing_changes(region, seed, ratio):
    rng = np.random.default_rng(seed)
    mask = region_mask(rng, region, drawn_outline(0), STORE_SIZE)
    assert mask.dtype == np.float32
    assert mask.min() >= 0.0
    assert mask.max() <= 1.0
    background, other = (drawn_still(number).pixels.astype(np.float32) for number in (1, 2))
    forged = blend(background, other, mask, ratio)
    outside = mask == 0
    assert outside.any()
    np.testing.assert_array_equal(forged[outside], background[outside])
    inside = mask > 0.99
    wanted = background + np.float32(ratio) * (other - background)
    np.testing.assert_allclose(forged[inside], wanted[inside], atol=3.0)


def test_a_recipe_that_alters_the_face_leaves_the_surroundings(store):
    rng = np.random.default_rng(0)
    row = int(store.rows(validation=False, synthetic=False)[0])
    face = store.portrait(row, 160)
    authentic = face.pixels
    recipe = replace(
        draw_recipe(store, row, face, 1.0, rng, 1.0),
        background_altered=False,
        quality_for_both=False,
    )
    mask = region_mask(rng, recipe.region, face.outline, 160)
    real, background, source = forgery_layers(authentic, None, mask, recipe)
    np.testing.assert_array_equal(real, authentic)
    np.testing.assert_array_equal(background, authentic)
    assert np.abs(source - authentic).mean() > 0.1


def test_a_pair_is_always_the_same_and_its_two_sides_differ(store):
    pairs = Pairs(store, False, SIZE, 1.25, seed=4)
    for number in range(12):
        pair, again = pairs.make(number, 1.0), pairs.make(number, 1.0)
        assert pair.real.shape == pair.forged.shape == (SIZE, SIZE, 3)
        assert pair.kind in (*REGIONS, "generated")
        np.testing.assert_array_equal(pair.real, again.real)
        np.testing.assert_array_equal(pair.forged, again.forged)
        assert (pair.real != pair.forged).any()


def test_the_region_is_where_the_two_sides_differ(store, monkeypatch):
    monkeypatch.setattr(pairing, "draw_corruption", lambda _rng, _hardness: PLAIN)
    pairs = Pairs(store, False, SIZE, 1.25, seed=4)
    seen = 0
    for number in range(12):
        pair = pairs.make(number, 1.0)
        assert pair.region.shape == (SIZE, SIZE)
        assert 0.0 <= pair.region.min() <= pair.region.max() <= 1.0
        if pair.kind == "generated":
            continue
        change = np.abs(pair.real.astype(int) - pair.forged).max(axis=2)
        untouched = cv2.dilate(pair.region, np.ones((5, 5), np.uint8)) == 0
        # A recipe may lower the quality of the whole real picture, so most, not all, stay alike.
        seen += bool(change[~untouched].mean() > 3 * change[untouched].mean())
    assert seen >= 6


def test_both_kinds_of_forgery_occur(store):
    pairs = Pairs(store, False, 48, 1.25, seed=4)
    kinds = {pairs.make(number, 0.0).kind for number in range(80)}
    assert "generated" in kinds
    assert len(kinds) > 3


def test_people_never_cross_the_split(store):
    assert not set(store.identities[store.validation]) & set(store.identities[~store.validation])
    share = np.mean([is_validation(f"lfw/{number}") for number in range(5000)])
    assert 0.06 < share < 0.10


def test_h264_keeps_the_number_and_order_of_frames():
    frames = [np.full((64, 64, 3), 20 * number, np.uint8) for number in range(10)]
    seen = h264(frames, 23)
    assert [round(float(frame.mean()) / 20) for frame in seen] == list(range(10))


def test_stronger_compression_loses_more():
    picture = drawn_still(3).pixels

    def loss(changed):
        return float(np.abs(changed.astype(int) - picture).mean())

    assert loss(h264([picture], 18)[0]) < loss(h264([picture], 40)[0])
    assert loss(jpeg(picture, 95)) < loss(jpeg(picture, 30))


def test_the_same_corruption_does_the_same_twice():
    picture = drawn_still(5).pixels.astype(np.float32)
    for seed in range(20):
        corruption = draw_corruption(np.random.default_rng(seed), 1.0)
        np.testing.assert_array_equal(corruption(picture), corruption(picture))


def test_displacing_by_whole_pixels_shifts():
    picture = drawn_still(6).pixels.astype(np.float32)
    shifts = np.zeros((STORE_SIZE, STORE_SIZE, 2), np.float32)
    shifts[:, :, 0] = 3
    np.testing.assert_allclose(displace(picture, shifts)[:, :-3], picture[:, 3:])


def test_sequences_are_alike_but_for_the_forged_frames(store):
    options = {"validation": False, "size": 48, "margin": 1.25, "steps": 12, "seed": 1}
    seen_partial = False
    for number in range(12):
        crops, forged = make_sequences(store, number, **options)
        again, _ = make_sequences(store, number, **options)
        np.testing.assert_array_equal(crops, again)
        assert crops.shape == (2, 12, 48, 48, 3)
        assert forged.any()
        assert (crops[0, forged] != crops[1, forged]).any()
        seen_partial |= not forged.all()
    assert seen_partial


def test_written_sequences_are_kept(store, tmp_path):
    options = {"validation": False, "size": 48, "margin": 1.25, "steps": 6, "seed": 1}
    write_sequences(store, tmp_path, 3, **options)
    crops, labels = sequence_files(tmp_path, validation=False)
    first = crops.read_bytes()
    assert np.load(labels).shape == (3, 2, 6)
    assert not np.load(labels)[:, 0].any()
    write_sequences(store, tmp_path, 3, **options)
    assert crops.read_bytes() == first


def test_forgeries_of_good_pictures_change_less_than_those_of_bad_ones(store):
    row = int(store.rows(validation=False, synthetic=False)[0])

    def changes(hardness):
        sources = [np.random.default_rng(seed) for seed in range(40)]
        made = [make_forgery(store, row, CANVAS, rng, hardness) for rng in sources]
        return np.array([forgery.change(1.0) for forgery in made])

    assert np.median(changes(1.0)) < 0.7 * np.median(changes(0.0))


def test_drawing_again_comes_nearer_to_the_wanted_change(store, monkeypatch):
    row = int(store.rows(validation=False, synthetic=False)[0])

    def spread():
        sources = [np.random.default_rng(seed) for seed in range(40)]
        made = [make_forgery(store, row, CANVAS, rng, 1.0) for rng in sources]
        return float(np.std([np.log(forgery.change(1.0)) for forgery in made]))

    several = spread()
    monkeypatch.setattr(forging, "DRAWS", 1)
    assert several < spread()


def test_severity_rises_with_every_damage():
    clean = replace(PLAIN, jpeg=98)
    assert PLAIN.severity == clean.severity == 0.0
    worse = [
        replace(PLAIN, crf=30),
        replace(PLAIN, jpeg=60),
        replace(PLAIN, blur=1.0),
        replace(PLAIN, scale=0.6),
        replace(PLAIN, noise=5.0),
    ]
    assert all(0.05 < damage.severity < 1.0 for damage in worse)
    assert replace(PLAIN, crf=38, blur=1.8, scale=0.55).severity == 1.0


def test_a_cover_hides_the_same_part_and_nothing_else():
    picture = drawn_still(1).pixels
    landmarks = template_points(STORE_SIZE, STORE_MARGIN).astype(np.float32)
    open_view = View(1.25, 0.0, (0.0, 0.0), False)
    covered_view = replace(open_view, cover=(0.25, 0.5, 0.2, 0.3, 7))
    covered = cut(picture, landmarks, 1.0, covered_view, 100)
    plain = cut(picture, landmarks, 1.0, open_view, 100)
    assert (covered[50:80, 25:45] == 7).all()
    changed = (covered != plain).any(axis=2)
    assert not changed[:50].any()
    assert not changed[:, 45:].any()
    views = [draw_view(np.random.default_rng(seed), 1.25) for seed in range(200)]
    assert 0.07 < np.mean([view.cover is not None for view in views]) < 0.25


def test_a_picture_of_half_the_size_gives_the_same_crop():
    picture = cv2.GaussianBlur(drawn_still(1).pixels, (0, 0), 6.0)
    landmarks = template_points(STORE_SIZE, STORE_MARGIN).astype(np.float32)
    view = View(1.25, 4.0, (0.02, -0.01), True)
    half = cv2.resize(picture, (STORE_SIZE // 2, STORE_SIZE // 2), interpolation=cv2.INTER_AREA)
    whole = cut(picture, landmarks, 1.0, view, 64).astype(int)
    np.testing.assert_allclose(cut(half, landmarks, 0.5, view, 64), whole, atol=6)


def test_a_tight_still_is_cut_closer(store):
    views = {
        tight: [draw_view(np.random.default_rng(i), 1.2, tight=tight).margin for i in range(50)]
        for tight in (False, True)
    }
    assert max(views[True]) <= 1.2 < max(views[False])
    assert not store.tight(0)


def test_the_region_map_keeps_the_share():
    region = np.zeros((112, 112), np.float32)
    region[16:48, 32:64] = 0.5
    patches = region_map(region)
    assert patches.shape == (7, 7)
    np.testing.assert_allclose(patches[1:3, 2:4], 0.5)
    assert patches.sum() == pytest.approx(2.0)


def test_the_middle_of_a_still_keeps_its_landmarks(store):
    whole, middle = store.portrait(0, 208), store.portrait(0, 156, margin=1.2)
    assert middle.size == 156
    np.testing.assert_array_equal(middle.pixels, whole.pixels[26:182, 26:182])
    np.testing.assert_allclose(middle.landmarks, whole.landmarks - 26, atol=1e-4)
    np.testing.assert_allclose(middle.outline, whole.outline - 26, atol=1e-4)


def test_a_fitted_donor_lies_where_the_other_face_does(store):
    """Dots drawn on some outline points of the donor come to lie on those of the other face."""
    donor, face = store.portrait(1, 208), store.portrait(2, 208)
    # The other face is wider on one side only, which no similarity transform can follow.
    outline = face.outline.copy()
    outline[:, 0] += np.where(outline[:, 0] > 104, 0.25 * (outline[:, 0] - 104), 0.0)
    wide = replace(face, outline=outline)
    far = np.argsort(outline[:, 0])[-40::8]

    def missed(fitted):
        total = 0.0
        for point in far:
            dot = np.zeros((208, 208, 3), np.float32)
            cv2.circle(dot, tuple(int(v) for v in donor.outline[point]), 3, (255, 255, 255), -1)
            laid = lay_onto(replace(donor, pixels=dot), wide, fitted=fitted)[:, :, 0]
            rows, columns = np.indices(laid.shape)
            centre = np.array([(columns * laid).sum(), (rows * laid).sum()]) / laid.sum()
            total += float(np.linalg.norm(centre - outline[point]))
        return total / len(far)

    assert missed(fitted=True) < 0.5 * missed(fitted=False)


def test_codec_size_and_blur_alone_do_not_tell_the_classes_apart(store):
    assert 0.35 < surface_auc(Pairs(store, False, 64, 1.25, seed=9)) < 0.65
