"""Where a network's trunk starts from: ImageNet weights at hand, a file, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.hub import get_dir
from torchvision.models import MobileNet_V2_Weights, ResNeXt50_32X4D_Weights

from models.sequence_network import SequenceNetwork
from models.training.backbone import load_imagenet
from models.training.loop.checkpoint import UNREADABLE, load_tensors
from models.training.loop.errors import TrainingError

SCRATCH, TORCHVISION = "scratch", "torchvision"
PUBLISHED = {
    "resnext50_lstm": ResNeXt50_32X4D_Weights,
    "mobilenetv2_lstm": MobileNet_V2_Weights,
}
CREDITS = {
    "mobilenet_v2_tf2_dequant_fp16.pt": (
        "MobileNetV2, ImageNet, dequantised (google-coral/test_data, Apache-2.0)"
    ),
}
_RESNET = {"conv1": "0", "bn1": "1"} | {f"layer{number}": str(number + 3) for number in range(1, 5)}


def initialise(
    network: SequenceNetwork, name: str, init: str, data: Path, crops: Callable[[], Tensor]
) -> str:
    """Give a network's trunk its first weights; nothing is ever downloaded.

    Args:
        network: As built; changed in place.
        name: Its key in `models.NETWORKS`.
        init: "scratch", "torchvision" (ImageNet weights in torch's own cache), or a file: a
            torchvision state dict of the same trunk, weights of this program's own, or folded
            MobileNetV2 weights. A file is sought as given, then below `data`.
        data: Folder of the training data.
        crops: Gives normalised RGB of typical faces, float32 ``(N, 3, S, S)``, for folded weights.

    Returns:
        Where the weights are from, for the card.

    Raises:
        TrainingError: The file is missing, damaged, or of another network.
    """
    if init == SCRATCH:
        return "scratch (random weights)"
    path = cached_weights(name) if init == TORCHVISION else _find(init, data)
    state = read_state(path)
    if "conv00.weight" in state:
        _load_folded(network, path, crops)
    else:
        _load(network, plain_names(state), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    credit = CREDITS.get(path.name, f"file {path.name}")
    if init == TORCHVISION:
        credit = f"torchvision's ImageNet weights, {path.name}"
    return f"{credit}, SHA-256 {digest}"


def cached_weights(name: str) -> Path:
    """The newest of torchvision's ImageNet weights that lie in torch's cache.

    Args:
        name: Key of `models.NETWORKS`.

    Raises:
        TrainingError: There are none, or they are damaged; says where from and where to.
    """
    folder = Path(get_dir()) / "checkpoints"
    addresses = [str(weights.url) for weights in reversed(list(PUBLISHED[name]))]
    for address in addresses:
        path = folder / address.rsplit("/", 1)[1]
        if path.exists():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if not digest.startswith(path.stem.rsplit("-", 1)[1]):
                raise TrainingError(f"{path} is damaged (SHA-256 {digest}). Fetch it again.")
            return path
    raise TrainingError(
        f"torchvision's ImageNet weights are not in {folder}, and nothing is downloaded unasked. "
        f"Where there is a network, fetch {addresses[0]} into that folder, or give the file with "
        "--init FILE, or begin with --init scratch."
    )


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, by name; never unpickles anything but tensors.

    Args:
        path: A state dict, or `.safetensors`.

    Raises:
        TrainingError: The file cannot be read or holds no tensors.
    """
    try:
        content: Any
        if path.suffix == ".safetensors":
            from safetensors.torch import load

            content = load(path.read_bytes())
        else:
            content = load_tensors(path)
    except UNREADABLE as error:
        raise TrainingError(f"{path} cannot be read as weights: {_first_line(error)}") from error
    except Exception as error:
        if type(error).__module__.startswith("safetensors"):
            raise TrainingError(f"{path} is not a safetensors file: {error}.") from error
        raise
    for wrapper in ("state_dict", "model", "average"):
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict):
        raise TrainingError(f"{path} holds no state dict.")
    state = {str(n): value for n, value in content.items() if isinstance(value, Tensor)}
    if not state:
        raise TrainingError(f"{path} holds no tensors.")
    return state


def plain_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Torchvision's names of a trunk's layers, in this program's; classifiers are left out."""
    renamed = {}
    for name, value in state.items():
        head, _, rest = name.removeprefix("module.").partition(".")
        if head in _RESNET:
            renamed[f"trunk.{_RESNET[head]}.{rest}"] = value
        elif head == "features":
            renamed[f"trunk.{rest}"] = value
        elif head not in ("fc", "classifier"):
            renamed[f"{head}.{rest}"] = value
    return renamed


def _find(init: str, data: Path) -> Path:
    for path in (Path(init).expanduser(), data / init):
        if path.is_file():
            return path
    raise TrainingError(
        f"The weights to start from, {init}, are neither there nor below {data}. Give --init "
        "torchvision, --init scratch, or the right file."
    )


def _load(network: SequenceNetwork, state: dict[str, Tensor], path: Path) -> None:
    """The whole trunk, and of the rest what has the same name and shape."""
    own = network.state_dict()
    needed = {n for n in own if n.startswith("trunk.") and not n.endswith("num_batches_tracked")}
    fitting = {n: v.float() for n, v in state.items() if n in own and v.shape == own[n].shape}
    missing = sorted(needed - fitting.keys())
    if missing:
        raise TrainingError(
            f"{path.name} does not fit this network: {len(missing)} of the trunk's {len(needed)} "
            f"tensors are missing or of another shape, the first is {missing[0]}."
        )
    network.load_state_dict(fitting, strict=False)


def _load_folded(network: SequenceNetwork, path: Path, crops: Callable[[], Tensor]) -> None:
    from models.mobilenet_lstm import MobileNetLSTM

    if not isinstance(network, MobileNetLSTM):
        raise TrainingError(f"{path.name} holds a MobileNetV2; this preset trains another network.")
    try:
        load_imagenet(network, path, crops())
    except (KeyError, ValueError) as error:
        raise TrainingError(f"{path.name} does not fit MobileNetV2: {error}.") from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
