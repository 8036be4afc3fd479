"""The custody log as lines of a list, and as text to copy."""

from collections.abc import Mapping, Sequence
from typing import Any

from ui import wording
from ui.lines import Line
from workstation.cases.records import CustodyEntry, Verification
from workstation.commands.answers import one_line

COLUMNS = ("No.", "Time (UTC)", "Act", "Subject", "Result", "Who")
BROKEN = "broken"
BAD = (Verification.ALTERED, Verification.MISSING, BROKEN)


def lines(entries: Sequence[CustodyEntry]) -> list[Line]:
    """A line for each entry, newest first; entries are given oldest first."""
    return [_line(entry) for entry in reversed(entries)]


def text(entries: Sequence[CustodyEntry]) -> str:
    """The whole log as lines of tab-separated columns, oldest first, for copying."""
    rows = ["\t".join((*COLUMNS, "SHA-256", "Details"))]
    for entry in entries:
        rows.append("\t".join((*_cells(entry), entry.sha256, _details(entry, "; "))))
    return "\n".join(rows)


def _line(entry: CustodyEntry) -> Line:
    number, time, act, subject, result, who = _cells(entry)
    bad = result in BAD
    tip = [act, subject, result, _details(entry, "\n"), f"SHA-256 of the entry {entry.sha256}"]
    return Line(
        thing=entry.sequence,
        title=" · ".join(part for part in (act, subject) if part),
        detail=result,
        further=f"{time} UTC · {who}",
        icon="alert-outline" if bad else "",
        token="danger" if bad else "muted",
        aside=number,
        tip="\n".join(part for part in tip if part),
    )


def _cells(entry: CustodyEntry) -> tuple[str, ...]:
    time = wording.utc(entry.time_utc).removesuffix(" UTC")
    return (str(entry.sequence), time, entry.act, entry.subject, _result(entry), entry.actor)


def _result(entry: CustodyEntry) -> str:
    """What came of an act, as far as the entry says it in a word or a sentence."""
    said = entry.details
    if isinstance(said.get("intact"), bool):
        return str(Verification.INTACT) if said["intact"] else BROKEN
    return str(said.get("outcome") or said.get("finding") or said.get("reason") or _marked(said))


def _marked(said: Mapping[str, Any]) -> str:
    """What an entry about a mark of the examiner says of it."""
    mark = said.get("after") or said.get("before")
    if not isinstance(mark, Mapping):
        return ""
    named = mark.get("name") or mark.get("finding") or mark.get("note") or ""
    return " · ".join(str(part) for part in (said.get("kind"), named, said.get("how")) if part)


def _details(entry: CustodyEntry, between: str) -> str:
    return between.join(one_line(f"{name}: {value}") for name, value in entry.details.items())
