"""What both sides must agree on: bounds, and how a frame index is sent."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from workstation.cases.records import FrameIndex
from workstation.evidence.isolation.messages import MOST_BYTES, Garbled

MOST_PIXELS = 250_000_000  # of one picture, about what FFmpeg decodes; RGB, they take 0.75 GB
MOST_FRAMES = MOST_BYTES // 9  # 7.4 million: 34 hours at 60 frames per second
MOST_WORDS = 2000  # characters of a sentence
SLOT_STEP = 64  # pictures begin at multiples of it

STATUS = struct.Struct("!ii")  # of a worker: number of its process, and how it ended, or `BEGUN`
BEGUN = 1 << 30


def index_sent(index: FrameIndex) -> tuple[dict[str, Any], bytes]:
    """A frame index as a message and the bytes beside it."""
    facts = {
        "time_base": list(index.time_base),
        "average_rate": index.average_rate,
        "remark": index.remark,
        "timestamps": index.timestamps,
    }
    return facts, index.pts.astype("<i8").tobytes() + index.key.astype(np.uint8).tobytes()


def index_received(facts: Any, data: bytes | bytearray) -> FrameIndex:
    """A frame index from a message.

    Raises:
        Garbled: it is none.
    """
    if len(data) % 9 or not isinstance(facts, dict):
        raise Garbled("a frame index has a part of a frame")
    count = len(data) // 9
    pts = np.frombuffer(data, "<i8", count).astype(np.int64)
    key = np.frombuffer(data, np.uint8, count, 8 * count) != 0
    try:
        over, under = (whole(part, 1, 2**62) for part in facts["time_base"])
        rate, remark = float(facts["average_rate"]), facts["remark"]
        timestamps = facts["timestamps"]
    except (KeyError, TypeError, ValueError) as error:
        raise Garbled("a frame index lacks what belongs to it") from error
    if not (isinstance(remark, str) and isinstance(timestamps, bool) and math.isfinite(rate)):
        raise Garbled("a frame index lacks what belongs to it")
    if rate < 0 or np.any(pts[1:] <= pts[:-1]):
        raise Garbled("the frames of an index are in no order")
    return FrameIndex(pts, key, (over, under), rate, remark[:MOST_WORDS], timestamps)


def whole(value: object, least: int, most: int) -> int:
    """A whole number within bounds.

    Raises:
        Garbled: it is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Garbled(f"{str(value)[:40]} is no number from {least} to {most}")
    return value


def share_of(message: Mapping[str, Any]) -> float:
    """What share, 0..1, of its work a worker says is done; 0 where it says nothing of it.

    Raises:
        Garbled: it is no number.
    """
    value = message.get("share", 0.0)
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise Garbled("what should be a number is none")
    return min(max(float(value), 0.0), 1.0)


def words(value: object) -> str:
    """A sentence, or part of one: bounded, on one line, of characters that can be shown.

    Raises:
        Garbled: it is no text.
    """
    if not isinstance(value, str):
        raise Garbled("what should be words is none")
    text = value.encode("utf-8", "replace").decode()
    return "".join(one if one.isprintable() else " " for one in text[:MOST_WORDS]).strip()
