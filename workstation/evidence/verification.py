"""Hashing exhibits again: intact, altered or missing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from workstation.cases.agreement import disagreements, exhibit_agrees
from workstation.cases.case import Case
from workstation.cases.custody import Act, ChainCheck
from workstation.cases.outgoing import unnamed
from workstation.cases.records import Exhibit, Verification
from workstation.errors import ExhibitError
from workstation.evidence.copying import hash_file


@dataclass(frozen=True)
class VerificationProgress:
    """How far the verification of an exhibit is, in bytes."""

    exhibit: str
    done: int
    total: int


Announce = Callable[[VerificationProgress], None]


@dataclass(frozen=True)
class CaseVerification:
    """Outcome for the whole case.

    Attributes:
        chain: the custody log.
        exhibits: each exhibit's file, by its number.
        disagreements: what in the database is not what the log says was recorded, in sentences.
    """

    chain: ChainCheck
    exhibits: Mapping[str, Verification]
    disagreements: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """Whether the log and every exhibit are intact, and the database agrees with the log."""
        return (
            self.chain.intact
            and not self.disagreements
            and all(outcome is Verification.INTACT for outcome in self.exhibits.values())
        )


def verify_exhibit(case: Case, number: str, announce: Announce | None = None) -> Verification:
    """Hash an exhibit's copy again and compare with the acquisition hash.

    The acquisition hash counts as it stands in the custody log: if the case's list of exhibits says
    otherwise, the exhibit is altered. The outcome goes to the log unless the case is read-only.

    Raises:
        CaseError: the case has no such exhibit.
        ExhibitError: the copy is there but cannot be read.
    """
    exhibit = case.exhibits.get(number)
    found = _hash(case, exhibit, announce)
    if not found:
        outcome = Verification.MISSING
    elif {found} == {exhibit.hashes.sha256, *_logged(case, number)}:
        outcome = Verification.INTACT
    else:
        outcome = Verification.ALTERED
    if not case.read_only:
        case.custody.append(
            Act.EXHIBIT_VERIFIED,
            number,
            outcome=str(outcome),
            expected_sha256=exhibit.hashes.sha256,
            found_sha256=found,
        )
    return outcome


def sound_copy(case: Case, exhibit: Exhibit) -> Path:
    """The copy of an exhibit from which something is to be taken along.

    It is not hashed for that, which takes minutes where recordings are long; what costs nothing is
    looked at: that it is there, of the size it had, not found altered when last verified, and that
    its record and frame index are those that were entered in the log.

    Raises:
        ExhibitError: it is missing, of another size, or was found altered, or its record was.
    """
    path, number = case.folder / exhibit.stored_name, exhibit.number
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ExhibitError(
            f"The copy of {number} is not in the case folder any more. Put it back, then export "
            "again."
        ) from error
    entries = case.custody.about(number)
    verified = [one for one in entries if one.act == Act.EXHIBIT_VERIFIED]
    intact = not verified or verified[-1].details.get("outcome") == Verification.INTACT
    if size != exhibit.size or not intact:
        why = "has another size than" if size != exhibit.size else "was found to be not"
        raise ExhibitError(
            f"The copy of {number} {why} what was taken in, so nothing was exported from it. Put "
            f"the file that was taken in back, verify {number}, then export again."
        )
    if not exhibit_agrees(case, exhibit, entries):
        raise ExhibitError(
            f"What the case records of {number} is not what the custody log says was recorded when "
            "it was added, so nothing was exported from it. Go back to a copy of the case, or take "
            "the file into a new one."
        )
    return path


def verify_case(case: Case, announce: Announce | None = None) -> CaseVerification:
    """Walk the custody log, hold the database against it, and hash every exhibit again.

    Raises:
        CaseError: the database cannot be read or written.
        ExhibitError: a copy is there but cannot be read.
    """
    chain = case.custody.verify()
    hear = None if announce is None else _told(announce)
    chain = replace(chain, remarks=(*chain.remarks, *unnamed(case, hear)))
    disagreeing = disagreements(case)
    if not case.read_only:
        case.custody.append(
            Act.LOG_VERIFIED,
            case.facts.number,
            intact=chain.intact,
            entries=chain.entries,
            head=chain.head,
            problem=chain.problem,
            remarks=chain.remarks,
            disagreements=disagreeing,
        )
    numbers = [exhibit.number for exhibit in case.exhibits.all()]
    outcomes = {number: verify_exhibit(case, number, announce) for number in numbers}
    return CaseVerification(chain, outcomes, disagreeing)


def _told(announce: Announce) -> Callable[[str, int, int], None]:
    return lambda name, done, total: announce(VerificationProgress(name, done, total))


def _hash(case: Case, exhibit: Exhibit, announce: Announce | None) -> str:
    path = case.folder / exhibit.stored_name
    if not path.is_file():
        return ""

    def advance(done: int) -> None:
        if announce:
            announce(VerificationProgress(exhibit.number, done, exhibit.size))

    try:
        return hash_file(path, advance)
    except ExhibitError as error:
        raise ExhibitError(f"Exhibit {exhibit.number}: {error}") from error


def _logged(case: Case, number: str) -> set[str]:
    """The acquisition hashes that the custody log gives for an exhibit; {""} if it gives none."""
    logged = {
        str(entry.details.get("sha256", ""))
        for entry in case.custody.entries()
        if entry.act == Act.EXHIBIT_ADDED and entry.subject == number
    }
    return logged or {""}
