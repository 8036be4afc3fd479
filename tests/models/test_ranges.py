import pytest

from models.card import read_card, write_card
from models.domain import MEASURES
from models.training import ranges
from tests.models.faces import drawn_store
from tests.weights import random_card


def test_the_ranges_of_a_store_go_onto_the_card(tmp_path, capsys):
    store = drawn_store(tmp_path / "store", count=24)
    path = tmp_path / "a.card.json"
    write_card(random_card(), path)
    ranges.main([str(path), "--store", str(tmp_path / "store"), "--pairs", "4"])
    domain = read_card(path).domain
    stills = int((~store.validation).sum())
    assert domain.crops == stills + 8
    assert f"{stills} stills" in domain.material
    assert tuple(domain.ranges) == MEASURES
    # The drawn faces are all frontal; training reduces faces to about half the crop's 128 pixels.
    low, high = domain.ranges["width"]
    assert low == high == pytest.approx(35.2 / 40.7, abs=0.01)
    assert 60 < domain.ranges["size"][0] < 128
    assert domain.ranges["size"][1] is None
    assert "size: " in capsys.readouterr().out
