from pathlib import Path

import pytest
import torch

import resources
from models.card import read_card
from models.weights import load_network

CARDS = sorted(Path(next(iter(resources.__path__))).glob("weights/*.card.json"))


def test_something_is_shipped():
    assert CARDS


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.name)
def test_shipped_weights_fit_their_card_and_score(path):
    card = read_card(path)
    torch.set_num_threads(1)
    network = load_network(path)
    size = card.preprocessing.size
    with torch.inference_mode():
        logits = network(torch.zeros(1, 2, 3, size, size))
    assert logits.shape == (1, 2, 2)
    assert torch.isfinite(logits).all()


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.name)
def test_shipped_cards_say_what_a_report_has_to_print(path):
    card = read_card(path)
    assert card.training["data"]
    assert card.training["command"].startswith("python -m models.training")
    measured = [row for row in card.evaluation if "auc" in row]
    assert measured
    for row in measured:
        assert row["auc_95"][0] <= row["auc"] <= row["auc_95"][1]
        assert row["real"] > 0
        assert row["fake"] > 0
    assert any("not evidence of authenticity" in line for line in card.not_covered)
    assert 0 <= card.decision.low < card.decision.high < 1
    if card.decision.low == 0:
        assert any("reach “does not support manipulation”" in line for line in card.limits)
