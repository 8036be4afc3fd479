import pytest
import torch

from models import NETWORKS
from models.card import Architecture
from models.mobilenet_lstm import SamePadded
from tests.weights import random_card

NAMES = sorted(NETWORKS)


def build(name, **changes):
    torch.manual_seed(0)
    card = random_card(name)
    network = NETWORKS[name](card.architecture).eval()
    torch.nn.init.normal_(network.output.weight)
    return network


@pytest.mark.parametrize("name", NAMES)
def test_shapes(name):
    network = build(name)
    size = random_card(name).architecture.embedding_size
    crops = torch.randn(2, 3, 3, 64, 64)
    with torch.inference_mode():
        embeddings = network.embed(crops.flatten(0, 1))
        assert embeddings.shape == (6, size)
        assert network.temporal(embeddings.reshape(2, 3, size)).shape == (2, 3, 2)
        assert network(crops).shape == (2, 3, 2)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_shapes_are_refused(name):
    network = build(name)
    for call, shape in (
        (network.embed, (3, 64, 64)),
        (network.embed, (1, 4, 64, 64)),
        (network.temporal, (1, 5, 7)),
        (network, (1, 3, 64, 64)),
    ):
        with pytest.raises(ValueError, match="expected"):
            call(torch.zeros(shape))


@pytest.mark.parametrize("name", NAMES)
def test_forward_is_embed_then_temporal(name):
    network = build(name)
    crops = torch.randn(2, 3, 3, 64, 64)
    with torch.inference_mode():
        steps = torch.stack([network.temporal(network.embed(row)[None])[0] for row in crops])
        torch.testing.assert_close(network(crops), steps, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_lstm_looks_along_time(name):
    network = build(name)
    values = torch.randn(1, 12, network.embedding_size)
    order = torch.arange(11, -1, -1)
    with torch.inference_mode():
        forwards, backwards = network.temporal(values), network.temporal(values[:, order])
    assert (forwards - backwards[:, order]).abs().max() > 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_a_step_has_seen_the_past_and_not_the_future(name):
    network = build(name)
    values = torch.randn(1, 12, network.embedding_size)
    changed = values.clone()
    changed[0, 6] += 1.0
    with torch.inference_mode():
        before, after = network.temporal(values), network.temporal(changed)
    torch.testing.assert_close(before[0, :6], after[0, :6])
    assert ((before - after)[0, 6:].abs().amax(dim=1) > 1e-7).all()


@pytest.mark.parametrize("name", NAMES)
def test_tracks_in_one_batch_do_not_touch_each_other(name):
    network = build(name)
    values = torch.randn(3, 8, network.embedding_size)
    with torch.inference_mode():
        together = network.temporal(values)
        alone = torch.cat([network.temporal(row[None]) for row in values])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_embeddings_do_not_depend_on_the_batch(name):
    network = build(name)
    crops = torch.randn(5, 3, 64, 64)
    with torch.inference_mode():
        together = network.embed(crops)
        alone = torch.cat([network.embed(crop[None]) for crop in crops])
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-4)


def test_resnext_has_the_published_size():
    network = NETWORKS["resnext50_lstm"](Architecture(2048, 2048, 1, 0.4, False))
    trunk = sum(value.numel() for value in network.trunk.parameters())
    assert trunk == 22_979_904
    assert network.lstm.weight_ih_l0.shape == (8192, 2048)
    assert network.lstm.batch_first
    assert network.lstm.bias
    assert network.frame_head is None


@pytest.mark.parametrize("name", NAMES)
def test_a_card_with_another_embedding_size_is_refused(name):
    with pytest.raises(ValueError, match="values per crop"):
        NETWORKS[name](Architecture(512, 64, 1, 0.4, False))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("side", "padding"), [(8, (0, 1, 0, 1)), (7, (1, 1, 1, 1))])
def test_strided_convolutions_pad_right_and_below(side, padding, training):
    torch.manual_seed(0)
    convolution = SamePadded(4, 4, 3, 2, groups=4, bias=False).train(training)
    pixels = torch.randn(1, 4, side, side)
    padded = torch.nn.functional.pad(pixels, padding)
    wanted = torch.nn.functional.conv2d(padded, convolution.weight, stride=2, groups=4)
    torch.testing.assert_close(convolution(pixels), wanted)
    assert convolution(pixels).shape[-1] == -(-side // 2)
