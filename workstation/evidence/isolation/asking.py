"""One question about a file, answered by a worker that then ends."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from workstation.cases.records import FrameIndex
from workstation.errors import ExhibitError
from workstation.evidence.isolation.messages import Message
from workstation.evidence.isolation.remote import Died, Worker
from workstation.evidence.isolation.trouble import SAME

_TRIES = 4


def ask(
    do: str, path: Path, index: FrameIndex | None = None, **more: Any
) -> tuple[Message, bytearray]:
    """Ask a worker one thing; where it dies of a packet, ask another one without that packet.

    Args:
        do: what, of `serving.SERVICES`.
        path: the file.
        index: its frame index, where the service needs it.
        more: what belongs to the service.

    Raises:
        ExhibitError: the file cannot be read, or decoders die of it; the sentence says why.
        OSError: the system does not let it be read.
    """
    refused: dict[int, str] = {}
    reason, outside, ended = "", False, Counter[int]()
    for _ in range(_TRIES):
        try:
            with closing(Worker(do, path, index, refused, **more)) as worker:
                return worker.answer()
        except Died as death:
            reason, outside = death.reason, death.outside
            ended[death.at] += death.outside
            if death.at >= 0 and not (death.outside and ended[death.at] < SAME):
                refused[death.at] = reason
            elif not death.outside:
                break
    what_to_do = (
        "The file need not be at fault: close other programs, then try again."
        if outside
        else "Obtain the original, or another version of it beside this one."
    )
    raise ExhibitError(f"“{path.name}” cannot be read: {reason}. {what_to_do}")
