"""What the examiner added, in the report: beside the detector's, with name and time."""

import re
from pathlib import Path

from tests.report.conftest import Signed
from tests.report.filled_case import Track, add, analyse, new_case
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.people import Person, Piece
from workstation.cases.records import Finding
from workstation.report.signing import SigningIdentity
from workstation.report.writer import write_report


def test_findings_marks_and_groups_are_printed(
    tmp_path: Path, identity: SigningIdentity, clip: Path
) -> None:
    path = tmp_path / "report.pdf"
    with new_case(tmp_path / "case") as case:
        exhibit = add(case, clip, name="interview.mp4")
        run = analyse(case, exhibit, [Track(1, 0, 30, 0.75), Track(2, 10, 34, 0.2)])
        put = case.marks.put
        number = exhibit.number
        put(None, Mark(MarkKind.CLIP, number, 5, 9, name="lips", note="Look.", tags=("mouth",)))
        put(None, Mark(MarkKind.EXHIBIT, number, note="Taken away again."))
        put(2, None)
        mine = Mark(
            MarkKind.FINDING,
            number,
            run=run.id,
            track=1,
            finding=Finding.DOES_NOT_SUPPORT,
            note="The original was found.",
        )
        put(None, mine)
        people = (Person((Piece(1, 0, 29), Piece(2, 10, 33)), "the guest"),)
        put(None, Mark(MarkKind.GROUPING, number, run=run.id, people=people))
        record = write_report(case, path, identity)
    text = Signed(path, tmp_path / "case", record).text()
    section = text[text.index("Findings of the examiner") :]
    assert re.search(r"face track 1 – finding of A\. Examiner, \d{4}-\d\d-\d\d", section)
    assert "does not support manipulation The original was found." in section
    assert "The detector's finding: " in section
    assert "Clip: lips Look. Tags: mouth A. Examiner" in section
    assert "the guest" in section
    assert "no finding is made on a group" in section


def test_without_marks_there_is_no_section(signed: Signed) -> None:
    assert "Added by the examiner" not in signed.text()
