from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import mobilenet_v2, resnext50_32x4d

from models import NETWORKS
from models.card import Architecture
from models.training import initial
from models.training.initial import cached_weights, initialise
from models.training.loop.errors import TrainingError
from tests.models.test_backbone import plain_state

SIZES = {"resnext50_lstm": 2048, "mobilenetv2_lstm": 1280}


def build(name):
    return NETWORKS[name](Architecture(SIZES[name], 8, 1, 0.0, True))


def no_crops():
    raise AssertionError("these weights need no crops")


@pytest.fixture(scope="module")
def published():
    torch.manual_seed(1)
    return {
        "resnext50_lstm": resnext50_32x4d(weights=None),
        "mobilenetv2_lstm": mobilenet_v2(weights=None),
    }


@pytest.mark.parametrize("name", sorted(SIZES))
def test_torchvisions_trunks_fit(published, name, tmp_path):
    state = published[name].state_dict()
    save_file(state, tmp_path / "w.safetensors")
    torch.save({"state_dict": {f"module.{n}": v for n, v in state.items()}}, tmp_path / "w.pth")
    for file in ("w.safetensors", "w.pth"):
        network = build(name)
        said = initialise(network, name, str(tmp_path / file), Path(), no_crops)
        assert said.startswith(f"file {file}, SHA-256 ")
        theirs = [v for n, v in state.items() if not n.startswith(("fc.", "classifier."))]
        mine = list(network.trunk.state_dict().values())
        assert len(mine) == len(theirs)
        assert all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))


def test_a_resnext_computes_what_torchvisions_does(published):
    network, theirs = build("resnext50_lstm"), published["resnext50_lstm"]
    network.load_state_dict(initial.plain_names(theirs.state_dict()), strict=False)
    theirs = torch.nn.Sequential(*list(theirs.children())[:-1])
    pixels = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        torch.testing.assert_close(
            network.eval().embed(pixels), theirs.eval()(pixels).flatten(1), rtol=1e-4, atol=1e-4
        )


def test_weights_of_our_own_are_taken_as_they_are(tmp_path):
    first, second = build("mobilenetv2_lstm"), build("mobilenetv2_lstm")
    state = {n: v for n, v in first.state_dict().items() if v.is_floating_point()}
    save_file({n: v.half().contiguous() for n, v in state.items()}, tmp_path / "own.safetensors")
    initialise(second, "mobilenetv2_lstm", "own.safetensors", tmp_path, no_crops)
    torch.testing.assert_close(
        second.lstm.weight_hh_l0, first.lstm.weight_hh_l0.half().float(), rtol=0, atol=0
    )


def test_folded_weights_need_crops(tmp_path):
    network = build("mobilenetv2_lstm")
    torch.save(plain_state(network), tmp_path / "folded.pt")
    asked = []

    def crops():
        asked.append(True)
        return torch.randn(2, 3, 32, 32)

    initialise(network, "mobilenetv2_lstm", "folded.pt", tmp_path, crops)
    assert asked
    with pytest.raises(TrainingError, match="another network"):
        initialise(build("resnext50_lstm"), "resnext50_lstm", "folded.pt", tmp_path, no_crops)


def test_other_networks_and_damaged_files_are_refused(published, tmp_path):
    torch.save(published["mobilenetv2_lstm"].state_dict(), tmp_path / "mobile.pth")
    (tmp_path / "damaged.pth").write_bytes(b"nothing")
    (tmp_path / "damaged.safetensors").write_bytes(b"nothing")
    torch.save({"step": 3}, tmp_path / "empty.pth")
    network = build("resnext50_lstm")
    for file, said in (
        ("mobile.pth", "does not fit"),
        ("damaged.pth", "cannot be read"),
        ("damaged.safetensors", "not a safetensors file"),
        ("empty.pth", "no tensors"),
        ("missing.pth", "neither there nor below"),
    ):
        with pytest.raises(TrainingError, match=said):
            initialise(network, "resnext50_lstm", file, tmp_path, no_crops)


def test_nothing_is_downloaded(tmp_path, monkeypatch):
    monkeypatch.setattr(initial, "get_dir", lambda: str(tmp_path))
    with pytest.raises(TrainingError, match=r"fetch \S+resnext50_32x4d-1a0047aa\.pth"):
        cached_weights("resnext50_lstm")
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "resnext50_32x4d-7cdf4587.pth").write_bytes(b"half a download")
    with pytest.raises(TrainingError, match="damaged"):
        cached_weights("resnext50_lstm")


def test_cached_weights_are_taken(published, tmp_path, monkeypatch):
    import hashlib

    class Published:
        def __init__(self, address):
            self.url = address

    path = tmp_path / "checkpoints" / "weights.pth"
    path.parent.mkdir()
    torch.save(published["resnext50_lstm"].state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path = path.rename(path.with_name(f"trunk-{digest[:8]}.pth"))
    monkeypatch.setattr(initial, "get_dir", lambda: str(tmp_path))
    monkeypatch.setitem(
        initial.PUBLISHED, "resnext50_lstm", [Published("https://example.org/" + path.name)]
    )
    network = build("resnext50_lstm")
    said = initialise(network, "resnext50_lstm", "torchvision", Path(), no_crops)
    assert said == f"torchvision's ImageNet weights, {path.name}, SHA-256 {digest}"
    assert torch.equal(network.trunk[0].weight, published["resnext50_lstm"].conv1.weight)


def test_from_scratch():
    network = build("mobilenetv2_lstm")
    before = network.trunk[0][0].weight.clone()
    assert "scratch" in initialise(network, "mobilenetv2_lstm", "scratch", Path(), no_crops)
    assert torch.equal(network.trunk[0][0].weight, before)
