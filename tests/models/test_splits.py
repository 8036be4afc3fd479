"""Sides by identity or by the official lists; leaks are errors."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from models.training.datasets import DataError, Recording, list_recordings
from models.training.likeness import ALIKE_BITS, alike_pairs, distances, face_hash
from models.training.splits import (
    LEFT_OUT,
    SHARES,
    SIDES,
    LeakError,
    check_leaks,
    split_recordings,
)
from tests.models import layouts


def recorded(name, target, donor="", clip="", official="", group=""):
    fake = bool(donor)
    return Recording(
        key=f"set/{name}",
        path=name,
        fake=fake,
        method="swap" if fake else "-",
        source="set",
        compression="c23",
        target=target,
        donor=donor,
        clip=clip or name,
        official=official,
        group=group,
    )


def swapped(pairs):
    """Two people each, with their recordings and both swaps."""
    found = []
    for number in range(pairs):
        one, other = f"p{number}", f"q{number}"
        found += [recorded(one, one), recorded(other, other)]
        found += [recorded(f"{one}_{other}", one, other, clip=one)]
        found += [recorded(f"{other}_{one}", other, one, clip=other)]
    return found


def people(recordings, sides, side):
    return {p for r in recordings if sides[r.key] == side for p in r.people}


@pytest.mark.parametrize("pairs", [3, 10, 60])
def test_everyone_is_on_one_side_and_every_side_has_both_labels(pairs):
    recordings = swapped(pairs)
    sides = split_recordings(recordings)
    check_leaks(recordings, sides)
    assert LEFT_OUT not in sides.values()
    for side in SIDES:
        assert {r.fake for r in recordings if sides[r.key] == side} == {True, False}


def test_shares_are_70_20_10_of_the_people():
    recordings = swapped(100)
    sides = split_recordings(recordings)
    counts = {side: len(people(recordings, sides, side)) for side in SIDES}
    assert counts == {side: round(200 * share) for side, share in SHARES.items()}


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(6, 40))
def test_any_network_of_swaps_is_split_without_a_leak_and_in_any_order_alike(rng, number):
    names = [f"p{n}" for n in range(number)]
    recordings = [recorded(name, name) for name in names]
    for n in range(number * 2):
        one, other = rng.sample(names, 2)
        recordings.append(recorded(f"{n}-{one}_{other}", one, other, clip=one))
    try:
        sides = split_recordings(recordings)
    except DataError:
        reject()  # all swaps between the same few people
    check_leaks(recordings, sides)
    mixed = list(recordings)
    random.Random(1).shuffle(mixed)
    assert split_recordings(mixed) == sides


def test_a_swap_keeps_both_people_on_one_side():
    recordings = swapped(8)
    sides = split_recordings(recordings)
    for number in range(8):
        assert (
            sides[f"set/p{number}"] == sides[f"set/q{number}"] == sides[f"set/q{number}_p{number}"]
        )


def test_where_everyone_is_swapped_with_everyone_fakes_between_sides_are_left_out(tmp_path):
    recordings = list_recordings(layouts.celeb_df(tmp_path)).recordings
    sides = split_recordings(recordings, "identity")
    check_leaks(recordings, sides)
    used = [r for r in recordings if r.fake and sides[r.key] != LEFT_OUT]
    assert 0 < len(used) < 132
    assert all(sides[r.key] != LEFT_OUT for r in recordings if not r.fake)


def test_faceforensics_follows_its_lists_and_its_actors_are_split_by_identity(tmp_path):
    recordings = list_recordings(layouts.faceforensics(tmp_path)).recordings
    sides = split_recordings(recordings)
    check_leaks(recordings, sides)
    listed = [recording for recording in recordings if recording.official]
    assert len(listed) == 72
    assert all(sides[recording.key] == recording.official for recording in listed)
    actors = {sides[r.key] for r in recordings if r.source == "FF++ actors"}
    assert actors == set(SIDES)
    own = split_recordings(recordings, "identity")
    check_leaks(recordings, own)
    assert own != sides


def test_celeb_dfs_list_leaves_out_those_who_share_a_person_with_it(tmp_path):
    recordings = list_recordings(layouts.celeb_df(tmp_path)).recordings
    sides = split_recordings(recordings)
    check_leaks(recordings, sides)
    assert sum(side == "test" for side in sides.values()) >= 3
    celebrities = [r for r in recordings if r.target.startswith("celeb/")]
    assert {sides[r.key] for r in celebrities if not r.official} == {LEFT_OUT}


def test_dfdc_keeps_a_part_together_where_there_are_many(tmp_path):
    few = list_recordings(layouts.dfdc(tmp_path / "few", parts=3)).recordings
    sides = split_recordings(few)
    assert len({sides[r.key] for r in few if r.group == few[0].group}) > 1
    many = list_recordings(layouts.dfdc(tmp_path / "many", parts=12)).recordings
    sides = split_recordings(many)
    for group in {recording.group for recording in many}:
        assert len({sides[r.key] for r in many if r.group == group}) == 1


def test_near_duplicate_faces_stay_together():
    recordings = swapped(12)
    alike = [("set/p0", f"set/p{number}") for number in range(1, 5)]
    sides = split_recordings(recordings, "official", alike)
    assert len({sides[f"set/p{number}"] for number in range(5)}) == 1


def test_without_sides_everything_is_for_testing():
    assert set(split_recordings(swapped(1), "none").values()) == {"test"}
    with pytest.raises(ValueError, match="not one of"):
        split_recordings(swapped(3), "by chance")


def test_too_few_people_are_refused():
    with pytest.raises(DataError, match=r"too few people.*2 groups"):
        split_recordings(swapped(2))
    lonely = [*(recorded(f"r{n}", f"r{n}") for n in range(9)), *swapped(1)]
    with pytest.raises(DataError, match="fake recordings show too few people"):
        split_recordings(lonely)


def test_the_same_person_on_two_sides_is_named():
    recordings = swapped(3)
    sides = split_recordings(recordings) | {"set/p1_q1": "elsewhere"}
    with pytest.raises(LeakError, match=r"the same person is on two sides: p1 in set/p1 .*p1_q1"):
        check_leaks(recordings, sides)


def test_the_same_source_clip_on_two_sides_is_named():
    recordings = [recorded("a", "x", clip="tape 7"), recorded("b", "y", clip="tape 7")]
    with pytest.raises(LeakError, match=r"source clip is on two sides: tape 7 in set/a \(train\)"):
        check_leaks(recordings, {"set/a": "train", "set/b": "test"})
    check_leaks(recordings, {"set/a": "train", "set/b": LEFT_OUT})


def test_official_lists_that_leak_are_refused():
    recordings = swapped(4)
    listed = [replace(r, official="test" if r.key == "set/p0_q0" else "train") for r in recordings]
    with pytest.raises(LeakError, match="p0 in"):
        check_leaks(listed, split_recordings(listed))


def picture(seed, size=208):
    """A smooth picture of chance."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((size, size)) / size
    waves = [
        rng.normal() * np.sin(rng.uniform(2, 25) * rows + rng.uniform(2, 25) * columns + n)
        for n in range(12)
    ]
    grey = 128 + 30 * np.sum(waves, axis=0)
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def test_a_hash_survives_noise_light_and_compression_and_tells_pictures_apart():
    import cv2

    crop = picture(0)
    lighter = np.clip(crop * 0.8 + 30, 0, 255).astype(np.uint8)
    noise = np.random.default_rng(1).normal(0, 4, crop.shape)
    noisy = np.clip(crop + noise, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, 40])
    jpeg = cv2.imdecode(data, cv2.IMREAD_COLOR)
    bits = np.stack([face_hash(picture, 1.6) for picture in (crop, lighter, noisy, jpeg)])
    assert bits.shape == (4, 4)
    assert bits.dtype == np.uint64
    assert distances(bits[:1], bits).max() <= ALIKE_BITS / 2
    others = np.stack([face_hash(picture(seed), 1.6) for seed in range(1, 9)])
    assert distances(bits[:1], others).min() > 2 * ALIKE_BITS


def test_distances_count_bits():
    one = np.zeros((2, 4), np.uint64)
    other = np.array([[0, 0, 0, 7], [2**64 - 1] * 4, [1, 0, 0, 0]], np.uint64)
    assert distances(one, other).tolist() == [[3, 256, 1]] * 2


def test_near_duplicates_are_found_across_blocks_and_only_across_sides(monkeypatch):
    monkeypatch.setattr("models.training.likeness._BLOCK", 7)
    rng = np.random.default_rng(3)
    hashes = {
        f"k{n:02}": rng.integers(0, 2**64, (n % 3 + 1, 4), dtype=np.uint64) for n in range(30)
    }
    hashes["k29"][0] = hashes["k02"][1]
    hashes["k29"][0, 2] ^= np.uint64(2**ALIKE_BITS - 1)
    hashes["k11"][0] = hashes["k10"][0]
    hashes["k00"] = np.zeros((0, 4), np.uint64)
    assert list(alike_pairs(hashes)) == [("k02", "k29"), ("k10", "k11")]
    sides = {key: "test" if key == "k29" else "train" for key in hashes}
    assert list(alike_pairs(hashes, sides)) == [("k02", "k29")]
    recordings = [recorded(key, key) for key in hashes]
    keyed = {f"set/{key}": bits for key, bits in hashes.items()}
    given = {f"set/{key}": side for key, side in sides.items()}
    with pytest.raises(LeakError, match=r"near-duplicate faces .*set/k02 \(train\) and set/k29"):
        check_leaks(recordings, given, keyed)
