"""What a file that is refused must leave behind: nothing but a sentence and an entry in the log."""

import re
from pathlib import Path

import pytest

from workstation.cases.case import Case
from workstation.errors import ExhibitError
from workstation.evidence.intake import (
    add_exhibit,
)


def kept(case: Case) -> list[str]:
    return sorted(path.name for path in case.exhibits_folder.iterdir())


def assert_refused(case: Case, source: Path, match: str) -> str:
    """The file is refused with a sentence, nothing is kept, and the log says why."""
    before = kept(case), case.exhibits.all()
    with pytest.raises(ExhibitError, match=match) as caught:
        add_exhibit(case, source)
    assert (kept(case), case.exhibits.all()) == before
    entry = case.custody.entries()[-1]
    assert entry.act == "exhibit refused"
    assert entry.details["reason"] == str(caught.value)
    assert case.custody.verify().intact
    assert re.search(r"\. [A-Z][a-z]+ .*\.$", str(caught.value)), "what went wrong, then what to do"
    return str(caught.value)
