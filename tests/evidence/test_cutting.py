"""The order in which packets of a clip come, and how many of them are kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sounds import RATE, clicks, make_sounding
from workstation.evidence import cutting
from workstation.evidence.frame_index import index_of


def test_sounds_come_in_time_and_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_sounding(tmp_path / "a.mkv", frames=100, sound=clicks(4))
    index = index_of(path)
    cut = cutting._cut(path, index, 0, len(index) - 1)
    read, sound = [], cutting._sound

    def counted(*which: Any) -> Iterator[Any]:
        for piece in sound(*which):
            read.append(piece.shown)
            yield piece

    monkeypatch.setattr(cutting, "_sound", counted)
    heard, ahead, decoded = [], [], []
    for piece in cutting._in_time(path, cut, [0, 1, 1], lambda share: None):
        if piece.stream == 1:
            heard.append(piece.shown)
            assert not decoded or decoded[-1] <= heard[-1]
        else:
            decoded.append(piece.decoded)
            assert not heard or heard[-1] <= decoded[-1]
        ahead.append(len(read) - len(heard))
    assert len(decoded) == 100
    assert heard == sorted(read)
    assert len(heard) >= 2 * int(0.9 * np.ceil(4 * RATE / 1024))
    assert max(ahead) <= 3  # one of each sound, and one that waits for its picture
