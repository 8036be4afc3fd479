"""Texts from cases and files, cut to what a window can lay out: some carry megabytes of them.

What is left out is said; the case and the report hold it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from workstation.cases.records import CaseFacts, CustodyEntry, Exhibit, FindingRecord, Run, Stretch

LONGEST = 2000  # characters of one text
MOST = 500  # items of one list

_Record = TypeVar("_Record", CaseFacts, CustodyEntry, Exhibit, FindingRecord, Run, Stretch)
_SHOWN: dict[type, tuple[str, ...]] = {
    CaseFacts: ("number", "title", "examiner", "organisation"),
    CustodyEntry: ("actor", "act", "subject", "details"),
    Exhibit: ("original_name", "facts"),
    FindingRecord: ("reasons",),
    Run: ("reason",),
    Stretch: ("reason",),
}


def bounded(record: _Record) -> _Record:
    """A record as a window can show it; one that can be shown as it is comes back itself."""
    cut = {}
    for name in _SHOWN[type(record)]:
        value = getattr(record, name)
        if (shown := _bounded(value)) is not value:
            cut[name] = shown
    return replace(record, **cut) if cut else record


def shortened(text: str) -> str:
    """The beginning of a text, and how much more there is."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} … ({len(text) - LONGEST:,} further characters are in the case)"


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, Mapping):
        shown = {_bounded(name): _bounded(value[name]) for name in list(value)[:MOST]}
        if len(value) > MOST:
            shown["…"] = f"{len(value) - MOST:,} further entries are in the case"
        return value if shown == value else shown
    if isinstance(value, list | tuple):
        items = [_bounded(item) for item in value[:MOST]]
        if len(value) > MOST:
            items.append(f"… ({len(value) - MOST:,} further entries are in the case)")
        return value if items == list(value) else type(value)(items)
    return value
