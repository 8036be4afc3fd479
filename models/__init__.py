"""Neural networks, their cards and weights.

`NETWORKS` is the whole list of what can be loaded. Adding a network is one file and one line here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.card import Architecture
    from models.sequence_network import SequenceNetwork


def _resnext50_lstm(architecture: Architecture) -> SequenceNetwork:
    from models.resnext_lstm import ResNextLSTM

    return ResNextLSTM(architecture)


def _mobilenetv2_lstm(architecture: Architecture) -> SequenceNetwork:
    from models.mobilenet_lstm import MobileNetLSTM

    return MobileNetLSTM(architecture)


NETWORKS = {
    "resnext50_lstm": _resnext50_lstm,
    "mobilenetv2_lstm": _mobilenetv2_lstm,
}
"""Name on the card -> constructor from the card's `Architecture`; torch is imported on the call."""
