"""What the window says about a person."""

from ui import wording
from workstation.analysis.grouping import PersonFigures
from workstation.cases.people import Extents, Person, machine_person
from workstation.cases.records import FindingRecord

BY_HAND = (
    "Grouped by you. The detector scored the face tracks as it followed them; these figures are "
    "counted over its scores, and no finding of the detector is on the group."
)
AS_FOLLOWED = "A face track as the detector followed it."
FIGURES = (
    "Mean and peak of the detector’s scores, 0 to 1, higher where a face resembles synthetic "
    "material; not probabilities. The time is how long a face of this person is on screen."
)


def label_of(person: Person, extents: Extents) -> str:
    """The name, or which tracks or parts of tracks it is."""
    return person.name or pieces(person, extents)


def pieces(person: Person, extents: Extents) -> str:
    """Which tracks or parts of tracks a person is made of."""
    whole = [p.track for p in person.pieces if (p.first, p.last) == tuple(extents[p.track])]
    parts = [p for p in person.pieces if p.track not in whole]
    said = []
    if whole:
        word = "Track" if len(whole) == 1 else "Tracks"
        said.append(f"{word} {' + '.join(map(str, whole))}")
    said += [
        f"Track {p.track}, frames {wording.number(p.first)}–{wording.number(p.last)}" for p in parts
    ]
    return " + ".join(said)


def is_by_hand(person: Person, extents: Extents) -> bool:
    """Whether the pieces are not exactly one track as the machine followed it."""
    whole = machine_person(person.pieces[0].track, extents).pieces
    return person.pieces != whole


def finding(person: Person, extents: Extents, findings: tuple[FindingRecord, ...]) -> str:
    """What the detector finds on the tracks of a person, each on its own."""
    on = {record.track: str(record.finding) for record in findings}
    said = {track: on.get(track, "no finding") for track in person.tracks}
    if not is_by_hand(person, extents):
        return said[person.tracks[0]]
    return "; ".join(f"track {track}: {words}" for track, words in said.items())


def numbers(figures: PersonFigures) -> str:
    """Mean, peak and time on screen, in fixed places."""
    time = wording.time_left(figures.seconds) if figures.seconds >= 1 else "under 1 s"
    if not figures.scored:
        return f"no frame scored  {time}"
    return f"mean {wording.score(figures.mean)}  peak {wording.score(figures.peak)}  {time}"
