"""`workstation case`: create, show and verify a case."""

import argparse
from collections.abc import Iterator

from workstation.commands.answers import FAILURE, SUCCESS, Answer, table
from workstation.commands.groups import Commands, add_case, command, opened


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the commands."""
    group = commands.add_parser("case", help="create, show or verify a case")
    acts = group.add_subparsers(metavar="ACT", required=True)
    parser = command(acts, common, "create", create, "make a new case folder")
    add_case(parser)
    parser.add_argument("--number", required=True, help="the case number")
    parser.add_argument("--examiner", required=True, metavar="NAME", help="the person acting")
    parser.add_argument("--title", default="", help="a short title")
    parser.add_argument("--organisation", default="", help="the examiner's organisation")
    add_case(command(acts, common, "show", show, "what the case holds"))
    parser = command(
        acts, common, "verify", verify, "walk the custody log and hash every exhibit again"
    )
    add_case(parser)
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="leave the case as it is: nothing is entered in its log",
    )


def create(arguments: argparse.Namespace) -> Answer:
    """Create a case."""
    from workstation.cases.case import Case
    from workstation.commands.views import case_view

    with Case.create(
        arguments.case,
        number=arguments.number,
        examiner=arguments.examiner,
        title=arguments.title,
        organisation=arguments.organisation,
    ) as case:
        data = {"folder": str(case.folder), **case_view(case.facts)}
    return Answer(data, [f"Case {arguments.number} created in {arguments.case}."])


def show(arguments: argparse.Namespace) -> Answer:
    """Facts, exhibits with their states, reports and the head of the custody log."""
    from workstation.commands.views import case_view, exhibit_view, report_view

    with opened(arguments, read_only=True) as case:
        data = {
            "folder": str(case.folder),
            **case_view(case.facts),
            "exhibits": [exhibit_view(case, exhibit) for exhibit in case.exhibits.all()],
            "reports": [report_view(record) for record in case.reports.all()],
            "custody_entries": len(case.custody.entries()),
            "custody_head": case.custody.head(),
        }
    return Answer(data, list(shown(data)))


def shown(data: dict[str, object]) -> Iterator[str]:
    """The lines of `case show`."""
    from workstation.commands.exhibit import exhibit_lines

    yield f"Case           {data['number']}"
    for name in ("title", "examiner", "organisation"):
        if data[name]:
            yield f"{name.capitalize():<15}{data[name]}"
    yield f"Created        {data['created_utc']}"
    yield f"Custody log    {data['custody_entries']} entries, head {data['custody_head']}"
    yield ""
    yield from exhibit_lines(data["exhibits"])
    reports = data["reports"]
    assert isinstance(reports, list)
    for record in reports:
        yield ""
        yield f"Report         {record['path']}"
        yield f"               SHA-256 {record['sha256']}, signed by {record['signer']}"


def verify(arguments: argparse.Namespace) -> Answer:
    """Verify the whole case; exit status 1 when anything is broken, altered or missing."""
    from workstation.commands.progress import BYTES, Bars
    from workstation.evidence.verification import verify_case

    with opened(arguments, read_only=arguments.read_only) as case, Bars(BYTES) as bars:
        found = verify_case(
            case,
            announce=lambda progress: bars.show(progress.exhibit, progress.done, progress.total),
        )
        names = {exhibit.number: exhibit.original_name for exhibit in case.exhibits.all()}
    chain = found.chain
    data = {
        "in_order": found.intact,
        "custody_log": {
            "intact": chain.intact,
            "entries": chain.entries,
            "head": chain.head,
            "problem": chain.problem,
            "remarks": list(chain.remarks),
        },
        "disagreements": list(found.disagreements),
        "exhibits": {number: state.value for number, state in found.exhibits.items()},
    }
    words = "intact" if chain.intact else f"BROKEN: {chain.problem}"
    lines = [f"Custody log: {words} ({chain.entries} entries, head {chain.head})"]
    lines += [f"Remark: {sentence}" for sentence in chain.remarks]
    lines += [f"ALTERED: {sentence}" for sentence in found.disagreements]
    rows = [(number, state.value, names[number]) for number, state in found.exhibits.items()]
    lines += table(("Exhibit", "Verification", "Name"), rows) if rows else ["No exhibits."]
    return Answer(data, lines, SUCCESS if found.intact else FAILURE)
