import json

import pytest
import torch
from safetensors.torch import load_file

from models import NETWORKS
from models.card import read_card
from models.scoring import score_track
from models.weights import WeightsError, load_network, save_weights
from tests.weights import random_card, random_weights


@pytest.fixture
def card_path(tmp_path):
    return random_weights(tmp_path, seed=3)


def test_weights_come_back_as_half_precision_kept_them(tmp_path):
    torch.manual_seed(1)
    card = random_card()
    network = NETWORKS[card.network](card.architecture).eval()
    save_weights(network, tmp_path, card)
    loaded = load_network(tmp_path / f"{card.name}.card.json")
    assert not loaded.training
    assert not any(value.requires_grad for value in loaded.parameters())
    crops = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(loaded.embed(crops), network.embed(crops), rtol=0.02, atol=0.01)


def test_files_are_stored_as_half_floats(card_path):
    state = load_file(card_path.parent / read_card(card_path).weights.file)
    assert {value.dtype for value in state.values()} == {torch.float16}


def test_the_same_seed_gives_the_same_file(tmp_path):
    first, second = (random_weights(tmp_path / name, seed=5) for name in "ab")
    assert read_card(first).weights == read_card(second).weights


def test_one_flipped_bit_is_refused(card_path):
    path = card_path.parent / read_card(card_path).weights.file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="not the one its card describes"):
        load_network(card_path)


def test_a_shortened_file_is_refused(card_path):
    path = card_path.parent / read_card(card_path).weights.file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="not the one its card describes"):
        load_network(card_path)


def test_a_missing_file_is_named(card_path):
    (card_path.parent / read_card(card_path).weights.file).unlink()
    with pytest.raises(WeightsError, match="cannot be read"):
        load_network(card_path)


def test_weights_of_another_shape_are_refused(card_path):
    content = json.loads(card_path.read_text())
    content["architecture"]["hidden_size"] = 32
    card_path.write_text(json.dumps(content))
    with pytest.raises(WeightsError, match="do not fit"):
        load_network(card_path)


def test_a_pickle_with_the_right_hash_is_not_opened(card_path):
    import hashlib

    content = json.loads(card_path.read_text())
    path = card_path.parent / content["weights"]["file"]
    torch.save({"trunk.0.0.weight": torch.zeros(3)}, path)
    data = path.read_bytes()
    content["weights"] |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    card_path.write_text(json.dumps(content))
    with pytest.raises(WeightsError, match="not a safetensors file"):
        load_network(card_path)


def test_numbers_half_precision_cannot_hold_are_refused(tmp_path):
    card = random_card()
    network = NETWORKS[card.network](card.architecture)
    network.output.bias.data[0] = 1e6
    with pytest.raises(WeightsError, match="half precision"):
        save_weights(network, tmp_path, card)


def test_a_crop_takes_its_score_from_the_earliest_sequence_that_holds_it(card_path):
    network, card = load_network(card_path), read_card(card_path)
    torch.nn.init.normal_(network.output.weight)
    values = torch.randn(75, network.embedding_size).numpy()
    scores = score_track(network, values, card.sequence)
    with torch.inference_mode():
        pieces = [
            torch.softmax(
                network.temporal(torch.from_numpy(values[None, start : start + 32]))[0], 1
            )
            for start in (0, 16, 32, 48)
        ]
    wanted = torch.cat([pieces[0], pieces[1][16:], pieces[2][16:], pieces[3][16:]])[:, 1]
    torch.testing.assert_close(torch.from_numpy(scores), wanted, rtol=1e-4, atol=1e-5)
    assert len(score_track(network, values[:0], card.sequence)) == 0
