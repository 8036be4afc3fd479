"""Whether a report matches a case: item by item, each with a sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workstation.analysis.export import scores_digest
from workstation.cases.agreement import disagreements
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.records import Verification
from workstation.errors import CaseError, ExhibitError
from workstation.evidence.verification import Announce, verify_exhibit

_REFERENCE = ("reference", "how", "recording")


@dataclass(frozen=True)
class Match:
    """One item of a report held against the case.

    Attributes:
        item: "report", "case number", "custody log", "case records", an exhibit, its file or a run.
        matches: whether both agree.
        sentence: the same in words.
    """

    item: str
    matches: bool
    sentence: str


def match_case(
    sha256: str, facts: Mapping[str, Any], case: Case, files: Announce | None = None
) -> tuple[Match, ...]:
    """Hold a report against a case.

    Args:
        sha256: Digest of the report's file.
        facts: The facts attached to the report.
        case: The case.
        files: Hears of the hashing of the exhibits' files; without it they are not hashed.

    Raises:
        CaseError: The case cannot be read.
    """
    return (
        _number(facts, case),
        _logged(sha256, case),
        _head(facts, case),
        *_records(case),
        *_exhibits(facts, case),
        *(() if files is None else _files(facts, case, files)),
        *_runs(facts, case),
        *_references(facts, case),
    )


def _number(facts: Mapping[str, Any], case: Case) -> Match:
    same = facts["case"]["number"] == case.facts.number
    return Match(
        "case number",
        same,
        f"The report is on this case, {case.facts.number}."
        if same
        else f"The report is on case {facts['case']['number']}, not on case {case.facts.number}.",
    )


def _logged(sha256: str, case: Case) -> Match:
    entry = next(
        (
            entry
            for entry in case.custody.entries()
            if entry.act == Act.REPORT_SIGNED and entry.details.get("sha256") == sha256
        ),
        None,
    )
    if entry is None:
        return Match(
            "report",
            False,
            "The custody log does not hold this file's SHA-256: this is not a report that the case"
            " recorded.",
        )
    return Match(
        "report", True, f"The file's SHA-256 is in the custody log, entry {entry.sequence}."
    )


def _head(facts: Mapping[str, Any], case: Case) -> Match:
    chain = case.custody.verify()
    head = facts["custody"]["head"]
    if not chain.intact:
        return Match("custody log", False, f"The custody log is not intact. {chain.problem}")
    entry = next((entry for entry in case.custody.entries() if entry.sha256 == head), None)
    if entry is None:
        return Match(
            "custody log",
            False,
            "The custody log does not hold the entry that it ended with when the report was made:"
            " it is another log, or it was rewritten.",
        )
    return Match(
        "custody log",
        True,
        " ".join(
            [
                "The custody log is intact and goes on from the head that the report prints,"
                f" entry {entry.sequence}.",
                *case.custody.unlike_seen(),
            ]
        ),
    )


def _records(case: Case) -> Iterator[Match]:
    for sentence in disagreements(case):
        yield Match("case records", False, sentence)


def _exhibits(facts: Mapping[str, Any], case: Case) -> Iterator[Match]:
    for reported in facts["exhibits"]:
        number = reported["number"]
        try:
            same = case.exhibits.get(number).hashes.sha256 == reported["sha256"]
        except CaseError:
            yield Match(number, False, f"The case has no exhibit {number}.")
            continue
        yield Match(
            number,
            same,
            f"The SHA-256 of {number} in the report {'equals' if same else 'differs from'} the"
            " acquisition hash in the case.",
        )


def _files(facts: Mapping[str, Any], case: Case, announce: Announce) -> Iterator[Match]:
    """What lies in the case's folder now; nothing that was hashed before speaks for it."""
    for number in (reported["number"] for reported in facts["exhibits"]):
        try:
            found = verify_exhibit(case, number, announce)
        except ExhibitError as error:
            yield Match(f"{number}, file", False, str(error))
        except CaseError:
            continue  # the case has no such exhibit, which was said
        else:
            yield Match(
                f"{number}, file",
                found is Verification.INTACT,
                f"The file of {number}, hashed just now, is {found}.",
            )


def _runs(facts: Mapping[str, Any], case: Case) -> Iterator[Match]:
    for reported in facts["runs"]:
        item = f"{reported['exhibit']}, run {reported['id']}"
        try:
            run = case.runs.get(reported["id"])
        except CaseError:
            yield Match(item, False, f"The case has no run {reported['id']} on this exhibit.")
            continue
        scores = scores_digest(case, run) == reported["scores_sha256"]
        said = [(finding["track"], finding["finding"]) for finding in reported["findings"]]
        held = [(finding.track, str(finding.finding)) for finding in case.runs.findings(run.id)]
        yield Match(
            item,
            scores and said == held,
            f"The scores of {item} {'equal' if scores else 'differ from'} those in the case, the"
            f" findings {'are the same' if said == held else 'are not the same'}.",
        )


def _references(facts: Mapping[str, Any], case: Case) -> Iterator[Match]:
    """Those revoked since are still on record, so that an older report goes on matching."""
    held = {one.id: one for one in case.references.all()}
    for answer in facts.get("references", ()):
        for reported in answer["references"]:
            one = held.get(reported["id"])
            same = one is not None and (
                (one.questioned, one.reference, one.how, one.recording)
                == (answer["questioned"], *(reported[key] for key in _REFERENCE))
                and [str(kind) for kind in one.kinds] == reported["kinds"]
            )
            item = f"{reported['reference']}, reference for {answer['questioned']}"
            yield Match(
                item,
                same,
                f"{item}, is {'as' if same else 'not as'} the case holds it.",
            )
