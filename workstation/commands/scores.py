"""`workstation scores`: every frame of an exhibit with its state and scores."""

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cases.custody import Act
from workstation.commands.answers import Answer, to_json
from workstation.commands.groups import Commands, add_case, command, opened
from workstation.commands.references import beside_references
from workstation.errors import AnalysisError

if TYPE_CHECKING:
    from workstation.cases.case import Case
    from workstation.cases.records import Run


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = command(
        commands, common, "scores", scores, "every frame with its state and scores (CSV or JSON)"
    )
    add_case(parser)
    parser.add_argument("exhibit", metavar="EXHIBIT", help="E001 ...")
    parser.add_argument("--format", choices=("csv", "json"), default="csv")
    parser.add_argument("--output", metavar="FILE", type=Path, help="instead of standard output")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    parser.add_argument("--run", type=int, metavar="ID", help="default: what a report rests on")


def scores(arguments: argparse.Namespace) -> Answer:
    """Print or write the scores; the export enters the custody log."""
    form = "json" if arguments.json and arguments.output is None else arguments.format
    with opened(arguments) as case:
        run = chosen_run(case, arguments.exhibit, arguments.run)
        text, digest = export(case, run, form, arguments.output, overwrite=arguments.overwrite)
        beside, lines = beside_references(case, run.exhibit)
    if arguments.output is None:
        return Answer(json.loads(text) if form == "json" else None, text.splitlines())
    data = {
        "exhibit": run.exhibit,
        "run": run.id,
        "outcome": run.outcome.value,
        "output": str(arguments.output),
        "scores_sha256": digest,
        "beside_references": beside,
    }
    said = f"{run.exhibit}: scores of run {run.id} written to {arguments.output}"
    return Answer(data, [said, *lines])


def chosen_run(case: "Case", number: str, run_id: int | None) -> "Run":
    """The run asked for, or the one that a report would rest on.

    Raises:
        CaseError: there is no such exhibit or run.
        AnalysisError: the exhibit was not analysed, or the run is on another exhibit.
    """
    from workstation.cases.records import chosen_run as run_of_report

    exhibit = case.exhibits.get(number)
    if run_id is not None:
        run = case.runs.get(run_id)
        if run.exhibit != exhibit.number:
            raise AnalysisError(f"Run {run_id} is on {run.exhibit}, not on {exhibit.number}.")
        return run
    chosen = run_of_report(tuple(case.runs.of_exhibit(exhibit.number)))
    if chosen is None:
        raise AnalysisError(
            f"{exhibit.number} was not analysed, so it has no scores. "
            "Run: workstation analyse DIR " + exhibit.number
        )
    return chosen


def export(
    case: "Case", run: "Run", form: str, output: Path | None, *, overwrite: bool = False
) -> tuple[str, str]:
    """The scores as text, written to `output` if one is given, and recorded in the custody log.

    Args:
        case: open for writing.
        run: whose scores.
        form: "csv" or "json".
        output: file to write, or None.
        overwrite: whether the examiner agreed to replace a file that is there.

    Returns:
        The text, and the SHA-256 over the scores as CSV, which the report prints too.

    Raises:
        CaseError: the case cannot be read or written, or the run was changed past this program.
        WorkstationError: the file cannot be written.
    """
    from workstation.analysis.export import score_rows, scores_csv
    from workstation.cases.agreement import refuse_altered_run
    from workstation.cases.exports import refuse
    from workstation.cases.outgoing import outgoing, place_of

    if output is None:
        place: dict[str, Any] = {"output": "standard output"}
    else:
        refuse(case, output, "The scores", overwrite=overwrite)
        place = {"output": place_of(output)}
    with case.snapshot():  # what is checked is what is written
        refuse_altered_run(case, run)
        rows = list(score_rows(case, case.runs.get(run.id)))
    table = scores_csv(rows)
    digest = hashlib.sha256(table.encode("utf-8")).hexdigest()
    text = table if form == "csv" else to_json([asdict(row) for row in rows]) + "\n"
    with outgoing(case) as out:
        if output is not None:
            content = text.encode("utf-8")
            written = out.write(output, content, "The scores", overwrite=overwrite)
            place |= {"sha256": written.sha256, "written_as": out.written_as}
        out.enter(
            lambda: case.custody.append(
                Act.SCORES_EXPORTED,
                run.exhibit,
                run=run.id,
                format=form,
                scores_sha256=digest,
                **place,
            )
        )
    return text, digest
