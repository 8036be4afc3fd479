"""Which runs an analysis goes on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workstation.cases.plain_json import canonical
from workstation.cases.records import Run, RunOutcome

_STOPPED = (
    RunOutcome.PAUSED,
    RunOutcome.INTERRUPTED,
    RunOutcome.CANCELLED,
    RunOutcome.FAILED,
)


def can_go_on(run: Run, facts: Mapping[str, Any], device: str) -> bool:
    """Whether a run stopped before its end, and was begun with the same means.

    Args:
        run: Any of the exhibit's.
        facts: Detector, settings, versions and precision, by the names of the run's fields.
        device: What the detector runs on, in words.
    """
    same_device = run.device.split(":")[0] == device.split(":")[0]
    return (
        run.outcome in _STOPPED
        and same_device
        and all(
            canonical(getattr(run, name)) == canonical(value)
            if not isinstance(value, str)
            else getattr(run, name) == value
            for name, value in facts.items()
        )
    )
