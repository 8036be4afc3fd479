"""What a command answers: plain JSON for programs, lines for people, always both."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SUCCESS, FAILURE, INTERRUPTED = 0, 1, 130

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Answer:
    """The result of one command.

    Attributes:
        data: plain JSON, printed with `--json`.
        lines: what is printed without it.
        status: exit status; 0 only when everything asked for was done and found in order.
    """

    data: Any
    lines: Sequence[str]
    status: int = SUCCESS


def give(answer: Answer, as_json: bool) -> int:
    """Print `answer` on standard output and return its exit status."""
    text = to_json(answer.data) if as_json else "\n".join(map(one_line, answer.lines))
    if text:
        print(text, flush=True)
    return answer.status


def complain(sentence: str, as_json: bool) -> int:
    """Print one sentence on standard error (an object with `error` for `--json`); exit status 1."""
    text = to_json({"error": sentence}) if as_json else f"workstation: {one_line(sentence)}"
    print(text, file=sys.stderr, flush=True)
    return FAILURE


def say(arguments: argparse.Namespace, line: str) -> None:
    """Tell how far a long command is: on standard output, or nowhere with `--json`."""
    if not arguments.json:
        print(one_line(line), flush=True)


def to_json(data: Any) -> str:
    """Readable JSON; text in any script stays as it is, what steers is escaped, NaN is refused."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str) -> str:
    """Text with words from outside, such as a file name: those neither begin a line nor steer.

    Control characters and those that reverse the order of text are written as code points.
    """
    harmless = _STEERING.sub(lambda found: f"\\u{{{ord(found[0]):x}}}", text)
    return harmless.replace("\n", "\\u{a}").replace("\t", "\\u{9}")


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """Columns aligned with spaces; columns of numbers to the right."""
    cells = [[one_line(str(cell)) for cell in row] for row in rows]
    widths = [max(len(line[i]) for line in [list(head), *cells]) for i in range(len(head))]
    right = [bool(rows) and all(isinstance(row[i], int) for row in rows) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        parts = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(row, widths, right, strict=True)
        )
        return "  ".join(parts).rstrip()

    return [line(head), *(line(row) for row in cells)]
