import gc
import json
import subprocess
import sys
import weakref

import numpy as np
import pytest

from models import weights
from tests.analysis import stand_in_gpu
from tests.weights import random_weights
from workstation.analysis import detector as detectors
from workstation.analysis import engines
from workstation.analysis.detector import (
    Detector,
    available_detectors,
    default_detector,
    load_detector,
    read_detector,
)
from workstation.analysis.embedding import make_embedder
from workstation.analysis.quality import FaceLimits, is_placed
from workstation.errors import DetectorError


@pytest.fixture
def only(monkeypatch, tmp_path):
    """A weights folder beside which there is no other."""
    monkeypatch.setattr(detectors, "weights_folders", lambda: [tmp_path])
    monkeypatch.delenv("WORKSTATION_DETECTOR", raising=False)
    return tmp_path


def crops(count: int, size: int = 160) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 255, (count, size, size, 3)).astype(np.uint8)


def measured(card_path, name, auc):
    """Another card for the same weights, with an AUC."""
    card = json.loads(card_path.read_text())
    card |= {"name": name, "evaluation": [{"name": "labelled clips", "auc": auc}] if auc else []}
    card_path.with_name(f"{name}.card.json").write_text(json.dumps(card))


def test_without_weights_it_says_so(only):
    assert available_detectors() == []
    with pytest.raises(DetectorError, match="No detector is installed, so nothing can be scored"):
        default_detector()


def test_the_best_measured_detector_is_the_default(only, monkeypatch):
    path = random_weights(only)
    measured(path, "weaker", 0.71)
    measured(path, "stronger", 0.84)
    measured(path, "a-unmeasured", None)
    names = [info.name for info in available_detectors()]
    assert names == ["stronger", "weaker", "a-unmeasured", "mobilenetv2_lstm"]
    assert default_detector().name == "stronger"
    monkeypatch.setenv("WORKSTATION_DETECTOR", "weaker")
    assert default_detector().name == "weaker"
    monkeypatch.setenv("WORKSTATION_DETECTOR", "nobody")
    with pytest.raises(DetectorError, match="no detector named “nobody”"):
        default_detector()


def test_broken_cards_and_cards_without_weights_are_left_out(only):
    path = random_weights(only)
    (only / "broken.card.json").write_text("{")
    assert [info.name for info in available_detectors()] == ["mobilenetv2_lstm"]
    path.with_name("mobilenetv2_lstm.safetensors").unlink()
    assert available_detectors() == []
    with pytest.raises(DetectorError, match="missing"):
        read_detector(path)


def test_altered_weights_are_not_loaded(tmp_path):
    path = random_weights(tmp_path)
    info = read_detector(path)
    weights = path.with_name("mobilenetv2_lstm.safetensors")
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(DetectorError, match="SHA-256 differs"):
        load_detector(info, "cpu")


def test_an_exchanged_card_is_noticed(tmp_path):
    path = random_weights(tmp_path)
    info = read_detector(path)
    random_weights(tmp_path, seed=1)
    with pytest.raises(DetectorError, match="exchanged"):
        load_detector(info, "cpu")


def test_a_card_exchanged_while_it_is_loaded_is_noticed(tmp_path, monkeypatch):
    info = read_detector(random_weights(tmp_path))
    load = weights.load_network

    def exchange_and_load(card_path, device):
        text = card_path.read_text(encoding="utf-8")
        card_path.write_text(text.replace('"low": 0.4', '"low": 0.1'), encoding="utf-8")
        return load(card_path, device)

    monkeypatch.setattr(weights, "load_network", exchange_and_load)
    with pytest.raises(DetectorError, match="exchanged"):
        Detector(info, "cpu")


def test_unknown_devices_are_refused(info):
    with pytest.raises(DetectorError, match="auto, cpu or cuda"):
        load_detector(info, "tpu")


def test_an_embedding_does_not_depend_on_its_neighbours(detector):
    some = crops(9)
    together = detector.embed(some, 8)
    assert together.shape == (9, detector.width)
    assert together.dtype == np.float16
    alone = np.concatenate([detector.embed(some[n : n + 1], 8) for n in (0, 5, 8)])
    np.testing.assert_array_equal(together[[0, 5, 8]], alone)


def test_scores_hardly_depend_on_the_batch_size(detector):
    some = crops(20)
    times = np.arange(20) / 25
    one = detector.score(detector.embed(some, 16), times)
    other = detector.score(detector.embed(some, 5), times)
    np.testing.assert_allclose(one, other, atol=0.002)
    assert detector.embed(some[:0]).shape == (0, detector.width)


def test_engines_give_the_same_scores(detector, monkeypatch, info):
    engines._core.cache_clear()
    monkeypatch.setenv(engines.ENGINE_VARIABLE, "torch")
    plain = Detector(info, "cpu")
    some, times = crops(12), np.arange(12) / 25
    other = plain.score(plain.embed(some), times)
    monkeypatch.delenv(engines.ENGINE_VARIABLE)
    engines._core.cache_clear()
    assert plain.precision == "float32"
    assert detector.precision in ("float32", f"float32, {engines.engine_name('cpu')}")
    np.testing.assert_allclose(detector.score(detector.embed(some), times), other, atol=0.002)


def test_no_engine_tells_anyone_that_it_is_used():
    code = (
        "import sys, workstation.analysis.engines as e; e.engine_name('cpu'); "
        "sys.exit(sys.modules.get('openvino_telemetry') is not None)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bytes_give_what_normalised_crops_give(info):
    import torch

    from models.preprocessing import normalise
    from models.weights import load_network

    network = load_network(info.card_path, "cpu")
    preprocessing = info.card["preprocessing"]
    some = crops(4)
    pixels = normalise(some, tuple(preprocessing["mean"]), tuple(preprocessing["std"]))
    with torch.inference_mode():
        wanted = network.embed(pixels).numpy()
    given = make_embedder(network, info.card, "cpu").embed(some, 4)
    np.testing.assert_allclose(given, wanted, atol=0.01 * np.abs(wanted).max())


def test_half_precision_gives_what_float32_gives(info, monkeypatch):
    """The way of a GPU, on the processor: another order of sums, the same rounding."""
    from models.weights import load_network

    stand_in_gpu.install(monkeypatch)
    network, some = load_network(info.card_path, "cpu"), crops(5)
    half = make_embedder(network, info.card, "cuda")
    wanted = make_embedder(network, info.card, "cpu").embed(some, 4)
    given = half.embed(some, 4)
    assert given.dtype == np.float16
    assert half.precision == "float16"
    np.testing.assert_allclose(given, wanted, atol=0.01 * np.abs(wanted).max())


def test_fewer_crops_at_once_let_go_of_what_more_were_computed_with(info, monkeypatch):
    from models.weights import load_network

    gpu = stand_in_gpu.install(monkeypatch)
    embedder = make_embedder(load_network(info.card_path, "cpu"), info.card, "cuda")
    many, few = (embedder.embed(crops(5), batch) for batch in (4, 2))
    np.testing.assert_allclose(many, few, atol=0.01 * np.abs(many).max())
    graphs = [weakref.ref(graph) for graph in gpu.graphs]
    gpu.graphs.clear()
    gc.collect()
    assert [graph() is None for graph in graphs] == [True, False]


@pytest.mark.parametrize("answer", [np.nan, np.inf, 1e6])
def test_an_answer_that_is_no_number_is_never_scored(info, answer):
    from models.weights import load_network

    embedder = make_embedder(load_network(info.card_path, "cpu"), info.card, "cpu")
    embedder._ready.get = lambda shape, _: lambda some: [np.full((len(some), 8), answer)]
    with pytest.raises(DetectorError, match="no number"):
        embedder.embed(crops(3), 4)


def test_listing_detectors_does_not_load_torch(info):
    code = (
        "import sys, workstation.analysis.detector as d; d.available_detectors(); "
        "import workstation.analysis.pipeline, workstation.analysis.export; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_small_faces_and_faces_outside_the_frame_are_unsuitable():
    limits = FaceLimits(48, 5.0)
    box = np.array([10, 10, 60, 70], np.float32)
    points = np.array([[30, 30], [50, 30], [40, 45], [32, 60], [48, 60]], np.float32)
    assert is_placed(box, points, (320, 240), limits)
    assert not is_placed(np.array([10, 10, 47, 70], np.float32), points, (320, 240), limits)
    assert not is_placed(box, points + 300, (320, 240), limits)
    assert not is_placed(box, np.full((5, 2), 40, np.float32), (320, 240), limits)
