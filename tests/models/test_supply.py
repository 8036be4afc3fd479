from dataclasses import replace

import numpy as np
import pytest
import torch

from models.training.averaging import add_state, follow, renew_statistics
from models.training.loop.errors import TrainingError
from models.training.pairs import Pairs
from models.training.regions import region_map
from models.training.sides import people_alike, require_enough, sound_sides
from models.training.store import open_store
from models.training.supply import RING, Batches, Supply, validation_crops
from tests.models.faces import drawn_store
from tests.models.quick import CPU, QUICK, small_state


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    drawn_store(folder)
    return folder


@pytest.fixture(scope="module")
def pairs(folder):
    return Pairs(open_store(folder), False, QUICK.size, QUICK.margin, QUICK.seed)


class Numbered:
    """Pairs that are recognised by their number and hardness."""

    def make(self, number, hardness):
        crop = np.zeros((4, 4, 3), np.uint8)
        crop[:, 0], crop[:, 1] = number % 250, round(100 * hardness)

        class Pair:
            real, forged, region = crop, crop + 1, np.zeros((4, 4), np.float32)

        return Pair


def numbered(preset, step=0, noted=None, workers=0, hardness=None):
    return Supply(
        Numbered(),
        preset,
        place=(0, 1),
        workers=workers,
        device=CPU,
        hardness=hardness or (lambda: 0.5),
        step=step,
        noted=noted,
    )


def test_batches_hold_the_real_crops_first(pairs):
    crops, regions = Batches(pairs, 3)[2, 1.0]
    assert crops.shape == (6, 32, 32, 3)
    assert regions.shape == (6, 2, 2)
    pair = pairs.make(7, 1.0)
    np.testing.assert_array_equal(crops[1], pair.real)
    np.testing.assert_array_equal(crops[4], pair.forged)
    np.testing.assert_array_equal(regions[4], region_map(pair.region))
    assert not regions[:3].any()


def test_part_of_a_batch_holds_real_and_forged_of_the_same_pairs():
    batch = numbered(replace(QUICK, pairs_per_batch=4)).next()
    part = batch.part(1, 3)
    assert part.crops[:, 0, 0, 0].tolist() == [1, 2, 2, 3]


def test_validation_crops_are_the_same_from_workers(pairs):
    crops = validation_crops(pairs, 3)
    assert crops.shape == (6, 32, 32, 3)
    np.testing.assert_array_equal(crops[4], pairs.make(1, 1.0).forged)
    np.testing.assert_array_equal(crops, validation_crops(pairs, 3, workers=1))


@pytest.mark.parametrize("echo", [1, 2])
@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("stopped", [3, RING + 5])
def test_an_interrupted_supply_gives_the_batches_it_would_have_given(echo, workers, stopped):
    preset = replace(QUICK, pairs_per_batch=4, echo=echo)
    clock = np.linspace(0.0, 1.0, 200).tolist()
    whole = numbered(preset, workers=workers, hardness=lambda: clock.pop(0))
    for _ in range(stopped):
        whole.next()
    noted, later = whole.noted, list(clock)
    assert len(noted) >= 3 * workers
    wanted = [whole.next() for _ in range(4)]
    again = numbered(preset, stopped, noted, workers, hardness=lambda: later.pop(0))
    for batch in wanted:
        given = again.next()
        assert torch.equal(given.crops, batch.crops)
        assert torch.equal(given.regions, batch.regions)
    for supply in (whole, again):
        supply.close()


def test_an_echo_brings_back_what_was_seen_shortly_before(monkeypatch):
    monkeypatch.setattr("models.training.supply.RING", 12)
    supply = numbered(replace(QUICK, pairs_per_batch=6, echo=3))
    sizes, seen = [], []
    for step in range(30):
        batch = supply.next()
        sizes.append(batch.pairs)
        real, forged = batch.crops[: batch.pairs], batch.crops[batch.pairs :]
        assert torch.equal(real + 1, forged)
        numbers = torch.maximum(real[:, 0, 0, 0], real[:, 0, 3, 0])
        assert numbers[:2].tolist() == [2 * step, 2 * step + 1]
        seen += numbers.tolist()
    assert sizes[:3] == [2, 4, 6]
    assert set(sizes[3:]) == {6}
    counts = np.bincount(seen)[10:30]
    assert counts.mean() == pytest.approx(3.0, abs=0.6)


def test_each_process_takes_its_own_batches():
    preset = replace(QUICK, pairs_per_batch=1)
    firsts = []
    for rank in range(2):
        supply = Supply(
            Numbered(), preset, place=(rank, 2), workers=0, device=CPU, hardness=lambda: 0.0, step=3
        )
        firsts.append([int(supply.next().crops[0, 0, 0, 0]) for _ in range(3)])
    assert firsts == [[6, 8, 10], [7, 9, 11]]


def test_the_average_follows():
    network, average = torch.nn.BatchNorm2d(2), torch.nn.BatchNorm2d(2)
    network.weight.data.fill_(3.0)
    network.num_batches_tracked.fill_(7)
    follow(average.requires_grad_(False), network, 0.5)
    assert average.weight.tolist() == [2.0, 2.0]
    assert average.num_batches_tracked == 7


def test_states_count_alike_in_their_mean():
    mean = None
    for count, value in enumerate((1.0, 2.0, 6.0)):
        layer = torch.nn.Linear(1, 1)
        layer.weight.data.fill_(value)
        mean = add_state(mean, count, layer)
    assert mean["weight"].item() == pytest.approx(3.0)


def test_statistics_are_those_of_the_crops():
    network = small_state().network
    convolution, norm = network.trunk[0][0], network.trunk[0][1]
    norm.running_mean.fill_(50.0)
    momentum = norm.momentum
    batches = [torch.randn(4, 3, 32, 32) for _ in range(3)]
    renew_statistics(network, batches)
    with torch.no_grad():
        wanted = torch.stack([convolution(b).mean(dim=(0, 2, 3)) for b in batches]).mean(dim=0)
    torch.testing.assert_close(norm.running_mean, wanted, rtol=1e-4, atol=1e-5)
    assert norm.momentum == momentum
    assert not network.training


def test_near_duplicates_end_on_the_training_side(folder, capsys):
    store = open_store(folder)
    photographs = store.rows(validation=False, synthetic=False)
    twin = int(store.rows(validation=True, synthetic=False)[0])
    crops = np.array(store.crops)
    crops[twin] = np.clip(crops[photographs[0]].astype(int) + 3, 0, 255)
    copied = replace(store, crops=crops)
    (folder / "hashes.npy").unlink(missing_ok=True)
    sides = sound_sides(copied, folder)
    assert not sides.validation[twin]
    assert sides.validation.sum() == store.validation.sum() - 1
    assert "1 validation stills of 1 people" in capsys.readouterr().out
    (folder / "hashes.npy").unlink()
    assert sound_sides(store, folder).validation.tolist() == store.validation.tolist()
    assert capsys.readouterr().out == ""


def test_who_looks_like_someone_moved_moves_too(folder):
    store = open_store(folder)
    hashes = np.zeros((len(store.crops), 4), np.uint64)
    for row in range(len(hashes)):
        hashes[row] = np.random.default_rng(row).integers(2**63, size=4)
    first, second = store.rows(validation=True, synthetic=False)[:2]
    other = store.rows(validation=False, synthetic=False)[0]
    apart = np.uint64((1 << 30) - 1)
    hashes[first] = hashes[other] ^ np.array([apart, 0, 0, 0], np.uint64)
    hashes[second] = hashes[first] ^ np.array([0, apart, 0, 0], np.uint64)
    moved = people_alike(store, hashes)
    assert moved == {str(store.identities[first]), str(store.identities[second])}


def test_sides_that_leak_or_lack_something_are_refused(folder):
    store = open_store(folder)
    names = store.identities.copy()
    names[store.rows(validation=True, synthetic=False)[0]] = names[
        store.rows(validation=False, synthetic=False)[0]
    ]
    with pytest.raises(TrainingError, match="1 people are on both sides"):
        sound_sides(replace(store, identities=names), folder)
    with pytest.raises(TrainingError, match="validation side shows 0 people"):
        require_enough(replace(store, validation=np.zeros_like(store.validation)))
    with pytest.raises(TrainingError, match="no generated face"):
        require_enough(replace(store, synthetic=np.zeros_like(store.synthetic)))
