"""Cards, weights and pictures that somebody else may have made."""

import copy
import hashlib
import io
import json
import os
import struct
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save

from models.card import CardError, read_card
from models.training.initial import read_state
from models.training.loop.errors import TrainingError
from models.training.stills import ARCHIVES, LARGEST_PICTURE, decode_picture, read_stills
from models.untrusted import DEEPEST, read_json
from models.weights import WeightsError, load_network
from tests.hostile.tricks import png_bomb
from tests.weights import random_weights


@pytest.fixture(scope="module")
def any_card(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = random_weights(tmp_path_factory.mktemp("weights"))
    return dict(json.loads(path.read_text(encoding="utf-8")))


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (nested(DEEPEST + 1), "nests deeper"),
        (nested(100_000), "nests deeper"),
        ('{"a": 1, "a": 2}', "names a field twice"),
        ("[NaN]", "not finite"),
        ("[1e999]", "not finite"),
        (f"[{2**60}]", "not exact"),
        (f'{{"a": [{{"b": -{2**53}}}]}}', "not exact"),
        ("[1" + "0" * 5000 + "]", "."),
    ],
)
def test_json_that_means_two_things_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=reason):
        read_json(tmp_path / "a.json", 1_000_000)


def test_ordinary_json_is_read(tmp_path: Path) -> None:
    value = {"a": [1, 2.5, None, True, {"b": "ü"}], "c": json.loads(nested(DEEPEST - 3))}
    (tmp_path / "a.json").write_text(json.dumps(value), encoding="utf-8")
    assert read_json(tmp_path / "a.json", 1000) == value
    with pytest.raises(ValueError, match="more than 5 bytes"):
        read_json(tmp_path / "a.json", 5)


def test_a_card_that_is_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.card.json")
    (tmp_path / "zero.card.json").symlink_to("/dev/zero")
    for name in ("pipe.card.json", "zero.card.json"):
        with pytest.raises(CardError, match="no ordinary file"):
            read_card(tmp_path / name)


def lying(header: object, data: bytes = bytes(64), length: int | None = None) -> bytes:
    """A safetensors file with any header at all."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


TENSOR = {"dtype": "F16", "shape": [4], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(7),
        lying({}, length=2**63),
        lying({}, length=2**40),
        lying({"a": TENSOR | {"data_offsets": [0, 2**40]}}),
        lying({"a": TENSOR | {"data_offsets": [8, 0]}}),
        lying({"a": TENSOR | {"shape": [2**62, 4]}}),
        lying({"a": TENSOR | {"shape": [-1]}}),
        lying({"a": TENSOR | {"dtype": "PICKLE"}}),
        lying({"a": TENSOR, "b": TENSOR}),
        lying(nested(5000).encode()),
        lying(b"\xff" * 16),
        save({"a": torch.full((4,), torch.nan)}),
        save({"a": torch.full((4,), torch.inf)}),
    ],
)
def test_weights_that_lie_about_themselves_are_refused(
    tmp_path: Path, any_card: dict[str, Any], data: bytes
) -> None:
    path, card = tmp_path / "a.card.json", copy.deepcopy(any_card)
    (tmp_path / card["weights"]["file"]).write_bytes(data)
    card["weights"] |= {"bytes": max(len(data), 1), "sha256": hashlib.sha256(data).hexdigest()}
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(WeightsError) as caught:
        load_network(path)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "name", ["../a.safetensors", "/etc/passwd", "a/b.safetensors", "a.pt", ".."]
)
def test_weights_lie_beside_their_card(tmp_path: Path, any_card: dict[str, Any], name: str) -> None:
    path, card = tmp_path / "a.card.json", copy.deepcopy(any_card)
    card["weights"]["file"] = name
    path.write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(CardError, match="safetensors"):
        read_card(path)


class Touch:
    """What a pickle would do on being read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def test_no_file_of_tensors_runs_anything(tmp_path: Path) -> None:
    torch.save({"state_dict": Touch(tmp_path / "ran")}, tmp_path / "evil.pth")
    with pytest.raises(TrainingError, match="cannot be read as weights"):
        read_state(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()


def test_damaged_files_of_tensors_are_refused_in_words(tmp_path: Path) -> None:
    torch.save({"conv.weight": torch.ones(8)}, tmp_path / "whole.pt")
    data = bytearray((tmp_path / "whole.pt").read_bytes())
    rng = np.random.default_rng(1)
    for _ in range(150):
        broken = bytearray(data)
        for at in rng.integers(0, len(data), 3):
            broken[at] = int(rng.integers(256))
        (tmp_path / "broken.pt").write_bytes(broken)
        with suppress(TrainingError):  # anything else is a failure
            read_state(tmp_path / "broken.pt")


def test_pictures_too_large_are_passed_over(tmp_path: Path) -> None:
    assert decode_picture(b"") is None
    assert decode_picture(png_bomb(40_000, 40_000)) is None
    small = png_bomb(8, 6)
    with tarfile.open(tmp_path / ARCHIVES["lfw"].file, "w:gz") as archive:
        for name, data in (("a/huge.png", bytes(LARGEST_PICTURE + 1)), ("b/small.png", small)):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    (still,) = read_stills(tmp_path, "lfw")
    assert (still.identity, still.pixels.shape) == ("lfw/b", (6, 8, 3))
