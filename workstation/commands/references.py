"""`workstation exhibit reference`: exhibits known authentic, and the questioned one beside them."""

import argparse
from typing import TYPE_CHECKING, Any

from workstation.cases.records import Reference, ReferenceKind
from workstation.commands.answers import Answer, table
from workstation.commands.groups import Commands, add_case, command, opened

if TYPE_CHECKING:
    from workstation.analysis.references import ReferenceScore, RelativeAnswer, TrackComparison
    from workstation.cases.case import Case

KINDS = {kind.name.lower(): kind for kind in ReferenceKind}


def register_acts(acts: Commands, common: argparse.ArgumentParser) -> None:
    """Add `reference` with its acts to the exhibit commands."""
    help = "compare an exhibit with others that are known authentic"
    group = acts.add_parser("reference", help=help).add_subparsers(metavar="ACT", required=True)
    parser = command(group, common, "add", add, "take an exhibit as known authentic for another")
    _add_pair(parser)
    kinds = "what both have in common; may be given several times"
    parser.add_argument("--kind", choices=KINDS, action="append", required=True, help=kinds)
    how = "how it is known that the reference is authentic"
    parser.add_argument("--how", required=True, metavar="TEXT", help=how)
    copy = "it is a copy of the same recording as this reference; both count once"
    parser.add_argument("--copy-of", metavar="REFERENCE", default="", help=copy)
    parser = command(group, common, "remove", remove, "revoke a reference; it stays on record")
    _add_pair(parser)
    parser.add_argument("--why", required=True, metavar="TEXT", help="why it is revoked")
    parser = command(group, common, "list", show, "the references, and what they say")
    add_case(parser)
    parser.add_argument("exhibit", metavar="EXHIBIT", nargs="?", help="E001 ...; all when none")


def _add_pair(parser: argparse.ArgumentParser) -> None:
    add_case(parser)
    parser.add_argument("exhibit", metavar="EXHIBIT", help="the questioned exhibit, E001 ...")
    parser.add_argument(
        "--to", required=True, metavar="REFERENCE", help="the exhibit that is known authentic"
    )


def add(arguments: argparse.Namespace) -> Answer:
    """Take an exhibit as known authentic for a questioned one."""
    with opened(arguments) as case:
        added = case.references.add(
            arguments.exhibit,
            arguments.to,
            [KINDS[name] for name in arguments.kind],
            arguments.how,
            copy_of=arguments.copy_of,
        )
        return _answer(case, added.questioned, f"{_said(added)}.")


def remove(arguments: argparse.Namespace) -> Answer:
    """Revoke a reference."""
    with opened(arguments) as case:
        revoked = case.references.revoke(arguments.exhibit, arguments.to, arguments.why)
        said = f"{revoked.reference} is no longer a reference for {revoked.questioned}."
        return _answer(case, revoked.questioned, said)


def show(arguments: argparse.Namespace) -> Answer:
    """List references and answers, of one exhibit or of all."""
    with opened(arguments, read_only=True) as case:
        if arguments.exhibit is not None:
            case.exhibits.get(arguments.exhibit)
            numbers = [arguments.exhibit]
        else:
            standing = [one for one in case.references.all() if one.revoked_utc is None]
            numbers = list(dict.fromkeys(one.questioned for one in standing))
        lines: list[str] = []
        data = []
        for number in numbers:
            view, told = beside_references(case, number)
            data.append({"exhibit": number} | (view or {"references": [], "tracks": []}))
            lines += told
        revoked = [one for one in case.references.all() if one.revoked_utc is not None]
    if not lines:
        lines = [
            "No references. Add one with: workstation exhibit reference add DIR EXHIBIT "
            "--to REFERENCE --kind person --how TEXT"
        ]
    for one in revoked:
        lines.append(f"Revoked {one.revoked_utc}: {_said(one)}: {one.revoked_why}")
    return Answer({"exhibits": data, "revoked": [reference_view(one) for one in revoked]}, lines)


def beside_references(case: "Case", number: str) -> tuple[dict[str, Any] | None, list[str]]:
    """The relative answer on an exhibit as plain JSON and as lines; None and none without one."""
    from workstation.analysis.references import relative_answer
    from workstation.analysis.relative_words import answer_lines

    answer = relative_answer(case, number)
    if answer is None:
        return None, []
    return relative_view(answer), [*answer_lines(answer), *_listed(answer)]


def _answer(case: "Case", number: str, first: str) -> Answer:
    view, lines = beside_references(case, number)
    return Answer({"exhibit": number, "beside_references": view}, [first, *lines])


def _said(one: Reference) -> str:
    kinds = ", ".join(one.kinds)
    return f"{one.reference} is known authentic for {one.questioned} ({kinds}): {one.how}"


def _listed(answer: "RelativeAnswer") -> list[str]:
    rows = [
        (
            one.reference.reference,
            ", ".join(one.reference.kinds),
            one.reference.recording,
            "-" if one.logit is None else f"{one.logit:+.2f}",
            one.frames,
            one.reference.how,
        )
        for one in answer.references
    ]
    head = ("Reference", "In common", "Recording", "Mean logit", "Frames", "How it is known")
    return [f"   {line}" for line in table(head, rows)]


def relative_view(answer: "RelativeAnswer") -> dict[str, Any]:
    """A relative answer as plain JSON; every figure on the logit scale."""
    return {
        "run": None if answer.run is None else answer.run.id,
        "problem": answer.problem,
        "recordings": answer.recordings,
        "references": [_score_view(one) for one in answer.references],
        "tracks": [_track_view(one) for one in answer.tracks],
    }


def reference_view(one: Reference) -> dict[str, Any]:
    """A reference as plain JSON."""
    return {
        "questioned": one.questioned,
        "reference": one.reference,
        "kinds": [str(kind) for kind in one.kinds],
        "how": one.how,
        "recording": one.recording,
        "added_utc": one.added_utc,
        "revoked_utc": one.revoked_utc,
        "revoked_why": one.revoked_why,
    }


def _score_view(one: "ReferenceScore") -> dict[str, Any]:
    return reference_view(one.reference) | {
        "sha256": one.sha256,
        "run": None if one.run is None else one.run.id,
        "track": one.track,
        "mean_logit": one.logit,
        "frames": one.frames,
        "problem": one.problem,
        "remarks": list(one.remarks),
    }


def _track_view(one: "TrackComparison") -> dict[str, Any]:
    found = one.comparison
    return {
        "track": one.track,
        "relation": str(found.relation),
        "mean_logit": found.questioned,
        "references_mean": found.mean,
        "interval": None if found.low is None else [found.low, found.high],
        "deviation": found.deviation,
        "degrees_of_freedom": found.degrees,
        "frames": one.frames,
    }
