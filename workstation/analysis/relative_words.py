"""The relative answer in words, the same on the command line, in the window and in the report."""

from collections.abc import Sequence

from workstation.analysis.comparison import COVERAGE, MINIMUM_RECORDINGS, Relation, as_score
from workstation.analysis.references import RelativeAnswer, TrackComparison
from workstation.cases.records import ReferenceKind

BESIDE = (
    "The relative answer stands beside the finding and changes nothing about it. It is no "
    "probability."
)

MEANING: dict[Relation, str] = {
    Relation.HIGHER: (
        "The detector responds to the track more than to the references, and more than it would be "
        "expected to differ on one more authentic recording like them. This does not establish "
        "that the recording was manipulated: another camera, light, compression or sharpness than "
        "that of the references can do the same."
    ),
    Relation.LIKE: (
        "The track lies where one more authentic recording like the references may lie. This does "
        "not establish that it is authentic: a manipulation that moves the score by less than the "
        "interval is wide is not seen."
    ),
    Relation.LOWER: (
        "The detector responds to the track less than to the references. This is no sign of "
        "authenticity: it says that the track and its references differ, and that they may not be "
        "fit to be compared."
    ),
    Relation.TOO_FEW: (
        f"At least {MINIMUM_RECORDINGS} independent recordings that can be compared are needed; "
        "until then the numbers are shown and nothing is concluded from them."
    ),
}


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def references_counted(answer: RelativeAnswer) -> str:
    """How many references of which kinds take part, and how many recordings they are."""
    used = answer.compared
    kinds = [
        f"{sum(kind in one.reference.kinds for one in used)} {kind}"
        for kind in ReferenceKind
        if any(kind in one.reference.kinds for one in used)
    ]
    said = counted(len(used), "reference")
    if answer.recordings != len(used):
        said += f" of {counted(answer.recordings, 'recording')}"
    return f"{said} ({', '.join(kinds)})" if kinds else said


def track_sentence(answer: RelativeAnswer, one: TrackComparison) -> str:
    """What a face track is beside the references, with every number that it rests on."""
    found = one.comparison
    said = f"Track {one.track}: {found.relation}. It lies at {both(found.questioned)}"
    if found.mean is None:
        return f"{said}; no reference can be compared."
    said += f", the mean of {references_counted(answer)} at {both(found.mean)}"
    if found.low is None or found.high is None:
        return f"{said}; how far authentic recordings lie apart is not known."
    return (
        f"{said}; {100 * COVERAGE:.0f} % prediction interval for one more authentic recording "
        f"like them: {both(found.low)} to {both(found.high)}."
    )


def both(logit: float) -> str:
    """A mean logit, with the score that has it."""
    return f"{logit:+.2f} ({as_score(logit):.2f})".replace("-", "\N{MINUS SIGN}")


UNITS = (
    "Numbers are mean logits of a track, ln(score/(1−score)), in brackets the score that has "
    "this logit."
)


def limits(answer: RelativeAnswer) -> list[str]:
    """What the answer rests on and what it cannot say."""
    said = [
        "It rests on the examiner's word that the references are authentic and on their likeness "
        "to the questioned exhibit in light, sharpness, size and compression.",
        _where_from(answer),
    ]
    long = len(answer.tracks)
    if long > 1:
        said.append(
            f"{long} face tracks are compared: the more there are, the more often one lies outside "
            "by chance."
        )
    if any(ReferenceKind.PERSON in one.reference.kinds for one in answer.compared):
        said.append("“Same person” speaks only for the face track that shows that person.")
    if answer.recordings < len(answer.compared):
        said.append("Copies of one recording count once, with the mean of their values.")
    return said


def _where_from(answer: RelativeAnswer) -> str:
    if answer.spread is None:
        return (
            "The detector's card does not say how far authentic recordings lie apart, so the "
            "interval rests on the references alone and is wide."
        )
    return (
        "How far authentic recordings lie apart (standard deviation "
        f"{answer.spread.deviation:.2f}) was measured on {answer.spread.measured_on}; it is pooled "
        "with what the references show themselves."
    )


def answer_lines(answer: RelativeAnswer) -> list[str]:
    """The whole answer as lines for a terminal or a plain page."""
    lines = [f"{answer.exhibit} beside its references"]
    if answer.problem:
        lines.append(f"   {answer.problem}")
    lines += [f"   {track_sentence(answer, one)}" for one in answer.tracks]
    lines += [f"   {text}" for text in meanings(answer)]
    lines += [
        f"   {text}" for one in answer.references for text in (one.problem, *one.remarks) if text
    ]
    if answer.tracks:
        lines += [f"   {text}" for text in (*limits(answer), UNITS, BESIDE)]
    return lines


def meanings(answer: RelativeAnswer) -> Sequence[str]:
    """What each relation that was found means and does not mean."""
    present = {one.comparison.relation for one in answer.tracks}
    return [
        f"“{relation[0].upper()}{relation[1:]}”: {MEANING[relation]}"
        for relation in Relation
        if relation in present
    ]
