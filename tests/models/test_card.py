import json
import subprocess
import sys
from dataclasses import replace

import pytest

from models.card import CardError, Decision, read_card, write_card
from tests.weights import random_card


@pytest.fixture
def content(tmp_path):
    write_card(random_card(), tmp_path / "a.card.json")
    return json.loads((tmp_path / "a.card.json").read_text())


def read(folder, content):
    path = folder / "changed.card.json"
    path.write_text(json.dumps(content))
    return read_card(path)


@pytest.mark.parametrize("network", ["mobilenetv2_lstm", "resnext50_lstm"])
def test_a_card_reads_back_as_it_was_written(tmp_path, network):
    card = replace(random_card(network), evaluation=({"name": "x", "auc": 0.8, "auc_95": [0, 1]},))
    write_card(card, tmp_path / "a.card.json")
    assert read_card(tmp_path / "a.card.json") == card


def put(content, place, value):
    *path, last = place.split(".")
    for key in path:
        content = content[key]
    content[last] = value


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("format", 2),
        ("format", True),
        ("name", ""),
        ("name", "../x"),
        ("title", 7),
        ("network", "resnet9000"),
        ("architecture", []),
        ("architecture.hidden_size", 10**9),
        ("architecture.hidden_size", 2.5),
        ("architecture.layers", True),
        ("architecture.dropout", 1.0),
        ("architecture.frame_head", 1),
        ("weights.file", "../../etc/passwd.safetensors"),
        ("weights.file", "weights.pt"),
        ("weights.sha256", "ABC"),
        ("weights.bytes", 0),
        ("preprocessing.size", 5000),
        ("preprocessing.margin", "wide"),
        ("preprocessing.mean", [0.5, 0.5]),
        ("preprocessing.std", [0.0, 0.5, 0.5]),
        ("preprocessing.colour_order", "BGR"),
        ("labels", ["synthetic", "authentic"]),
        ("sequence.stride", 33),
        ("decision.low", 0.7),
        ("decision.high", 1.5),
        ("evaluation", [1]),
        ("limits", [1]),
        ("limits", ["x"] * 2000),
        ("architecture.surprise", 1),
        ("surprise", 1),
    ],
)
def test_a_wrong_field_is_refused_in_words(tmp_path, content, place, value):
    put(content, place, value)
    with pytest.raises(CardError, match=r"[Tt]he (model )?card.*\.$"):
        read(tmp_path, content)


@pytest.mark.parametrize("place", ["format", "weights.sha256", "decision", "not_covered"])
def test_a_missing_field_is_refused_by_name(tmp_path, content, place):
    *path, last = place.split(".")
    inner = content[path[0]] if path else content
    del inner[last]
    with pytest.raises(CardError, match=f"lacks the field “{last}”"):
        read(tmp_path, content)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 5000, '{"format": NaN}', "\x00"])
def test_what_is_no_card_is_refused(tmp_path, text):
    path = tmp_path / "a.card.json"
    path.write_text(text)
    with pytest.raises(CardError):
        read_card(path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "a.card.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path / "a.card.json")


def test_a_missing_and_an_enormous_card_are_refused(tmp_path):
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path / "none.card.json")
    (tmp_path / "big.card.json").write_text(" " * 2_000_000)
    with pytest.raises(CardError, match="too large"):
        read_card(tmp_path / "big.card.json")


def test_not_a_number_is_refused(tmp_path, content):
    content["decision"]["low"] = float("nan")
    with pytest.raises(CardError, match="not finite"):
        read(tmp_path, content)


def test_a_card_that_would_not_read_back_is_not_written(tmp_path):
    card = replace(random_card(), decision=Decision(0.9, 0.1, 8, "the wrong way round"))
    with pytest.raises(CardError):
        write_card(card, tmp_path / "a.card.json")
    assert not (tmp_path / "a.card.json").exists()


def test_reading_cards_and_cutting_faces_needs_no_torch():
    program = (
        "import sys, models, models.card, models.preprocessing, models.weights, models.training;"
        "sys.exit('torch' in sys.modules or 'torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
