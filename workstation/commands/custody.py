"""`workstation custody`: print the custody log."""

import argparse
import json

from workstation.commands.answers import FAILURE, SUCCESS, Answer
from workstation.commands.groups import Commands, add_case, command, opened


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    add_case(command(commands, common, "custody", show, "print the custody log"))


def show(arguments: argparse.Namespace) -> Answer:
    """Every entry in order; exit status 1 when the hash chain is broken."""
    from workstation.commands.views import entry_view

    with opened(arguments, read_only=True) as case:
        entries = case.custody.entries()
        chain = case.custody.verify()
    data = {
        "intact": chain.intact,
        "head": chain.head,
        "problem": chain.problem,
        "remarks": list(chain.remarks),
        "entries": [entry_view(entry) for entry in entries],
    }
    lines = []
    for entry in entries:
        lines.append(
            f"{entry.sequence:>4}  {entry.time_utc}  {entry.actor}: {entry.act} {entry.subject}"
        )
        details = json.dumps(dict(entry.details), ensure_ascii=False, sort_keys=True)
        lines.append(f"      {details}")
        lines.append(f"      SHA-256 {entry.sha256}")
    lines += [f"Remark: {sentence}" for sentence in chain.remarks]
    words = "intact" if chain.intact else f"BROKEN: {chain.problem}"
    lines.append(f"Custody log: {words}, head {chain.head}")
    return Answer(data, lines, SUCCESS if chain.intact else FAILURE)
