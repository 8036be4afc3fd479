import pytest
import torch
from torch.nn import functional
from torchvision.models.mobilenetv2 import InvertedResidual

from models import NETWORKS
from models.mobilenet_lstm import SamePadded
from models.training.backbone import load_imagenet
from tests.weights import random_card


def folded(trunk, state, pixels):
    """The folded network step by step: convolution, bias, and ReLU6 but after a projection."""
    number = 0

    def convolve(layer, pixels, activate):
        nonlocal number
        if isinstance(layer, SamePadded):
            pixels = functional.pad(pixels, (0, 1, 0, 1))
            padding = 0
        else:
            padding = layer.padding
        weight = state[f"conv{number:02d}.weight"].float()
        bias = state[f"conv{number:02d}.bias"]
        number += 1
        pixels = functional.conv2d(pixels, weight, bias, layer.stride, padding, 1, layer.groups)
        return pixels.clamp(0, 6) if activate else pixels

    for block in trunk:
        layers = [m for m in block.modules() if isinstance(m, torch.nn.Conv2d)]
        before = pixels
        for position, layer in enumerate(layers):
            last = isinstance(block, InvertedResidual) and position == len(layers) - 1
            pixels = convolve(layer, pixels, activate=not last)
        if isinstance(block, InvertedResidual) and block.use_res_connect:
            pixels = before + pixels
    assert number == 52
    return pixels.mean(dim=(2, 3))


def plain_state(network, seed=0):
    """Folded weights of the right shapes."""
    generator = torch.Generator().manual_seed(seed)
    layers = [m for m in network.trunk.modules() if isinstance(m, torch.nn.Conv2d)]
    state = {}
    for number, layer in enumerate(layers):
        fan = layer.weight[0].numel()
        values = torch.randn(layer.weight.shape, generator=generator) * (2 / fan) ** 0.5
        state[f"conv{number:02d}.weight"] = values.half()
        bias = torch.randn(len(layer.weight), generator=generator)
        state[f"conv{number:02d}.bias"] = 0.1 * bias
    return state


def build():
    return NETWORKS["mobilenetv2_lstm"](random_card().architecture)


def test_normalisation_is_set_so_that_the_folded_network_is_reproduced(tmp_path):
    network = build()
    state = plain_state(network)
    torch.save(state, tmp_path / "folded.pt")
    load_imagenet(network, tmp_path / "folded.pt", torch.randn(4, 3, 64, 64))
    pixels = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        wanted, given = folded(network.trunk, state, pixels), network.embed(pixels)
    torch.testing.assert_close(given, wanted, rtol=1e-3, atol=1e-3)
    first = network.trunk[0][1]
    assert first.running_var.std() > 0


def test_other_layers_are_refused(tmp_path):
    network = build()
    state = plain_state(network)
    state["conv03.weight"] = state["conv03.weight"][:5]
    torch.save(state, tmp_path / "folded.pt")
    with pytest.raises(ValueError, match="layer 3"):
        load_imagenet(network, tmp_path / "folded.pt", torch.zeros(1, 3, 32, 32))


@pytest.mark.shared_data
def test_imagenets_trunk_is_reproduced(shared_data):
    path = shared_data / "backbones" / "mobilenet_v2_tf2_dequant_fp16.pt"
    state = torch.load(path, weights_only=True)
    network = build()
    generator = torch.Generator().manual_seed(0)
    smooth = torch.rand(6, 3, 10, 10, generator=generator) * 2 - 1
    pixels = functional.interpolate(smooth, size=160, mode="bilinear")
    load_imagenet(network, path, pixels[:4])
    with torch.inference_mode():
        wanted, given = folded(network.trunk, state, pixels), network.embed(pixels)
    torch.testing.assert_close(given, wanted, rtol=1e-3, atol=2e-3)
    assert wanted.std() > 0.05
