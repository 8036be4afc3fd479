"""Chunk results out of a cache that somebody else may have made."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from workstation.analysis.chunk_result import empty_result, from_bytes, to_bytes
from workstation.cases.records import Stretch

SOUND = to_bytes(empty_result(0, 10, (Stretch(2, 3, "its data is damaged"),), 4))


def changed(**facts: object) -> bytes:
    arrays = load(SOUND)
    whole = json.loads(arrays["facts"].tobytes()) | facts
    return save(arrays | {"facts": np.frombuffer(json.dumps(whole).encode(), np.uint8)})


def test_a_sound_one_is_read() -> None:
    assert from_bytes(SOUND, 0, 10, 4).undecodable == (Stretch(2, 3, "its data is damaged"),)


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        changed(undecodable=[[0, 10, "x"]]),
        changed(undecodable=[[-1, 2, "x"]]),
        changed(undecodable=[[3, 2, "x"]]),
        changed(undecodable=[[float("inf"), 2, "x"]]),
        changed(undecodable=[[1, 2]]),
        changed(undecodable=7),
        changed(seconds=[]),
        changed(seconds={"a": "b"}),
        changed(format=1),
        save(load(SOUND) | {"facts": np.frombuffer(b"[" * 10**5, np.uint8)}),
        save(load(SOUND) | {"facts": np.frombuffer(b"\xff\xfe", np.uint8)}),
        save(load(SOUND) | {"cut": np.array([11]), "cut_sketch": np.zeros((1, 2, 36, 64), "u1")}),
        save(
            load(SOUND)
            | {"closing_chain": np.array([-1], "i4"), "closing_box": np.zeros((1, 4), "f4")}
        ),
        save(
            load(SOUND)
            | {"closing_chain": np.zeros(1, "i4"), "closing_box": np.full((1, 4), np.nan, "f4")}
        ),
    ],
)
def test_what_is_no_result_of_these_frames_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        from_bytes(blob, 0, 10, 4)
