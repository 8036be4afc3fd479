"""Grouping of tracks: nothing is lost or doubled, and the machine's own version can be had back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.cases.people import (
    Person,
    Piece,
    as_followed,
    by_hand,
    everyone,
    machine_person,
    merged,
    named,
    separated,
    split,
)

EXTENTS = {1: (0, 99), 2: (50, 149), 3: (200, 299)}
ALL = everyone((), EXTENTS)


def frames(people):
    return sorted(
        (piece.track, frame)
        for person in people
        for piece in person.pieces
        for frame in range(piece.first, piece.last + 1)
    )


def test_without_a_grouping_every_track_is_a_person():
    assert [person.tracks for person in ALL] == [(1,), (2,), (3,)]
    assert by_hand(ALL, EXTENTS) == ()


def test_merging_and_separating():
    people = merged(named(ALL, ALL[2], "the guest"), [ALL[0], Person(ALL[2].pieces, "the guest")])
    assert [(one.name, one.tracks) for one in people] == [("the guest", (1, 3)), ("", (2,))]
    kept = by_hand(people, EXTENTS)
    assert len(kept) == 1
    assert everyone(kept, EXTENTS) == people
    assert [one.tracks for one in separated(people, people[0])] == [(1,), (2,), (3,)]
    with pytest.raises(ValueError, match="two"):
        merged(ALL, [ALL[0]])


def test_splitting_at_a_frame():
    people = split(ALL, ALL[1], 100)
    assert people[1:3] == (Person((Piece(2, 50, 99),)), Person((Piece(2, 100, 149),)))
    assert merged(people, people[1:3]) == ALL
    for frame in (50, 150, 0, 400):
        with pytest.raises(ValueError, match="nothing to split"):
            split(ALL, ALL[1], frame)


def test_a_person_comes_back_from_json():
    person = Person((Piece(1, 0, 9), Piece(3, 12, 20)), "N")
    assert Person.from_plain(person.plain()) == person


def test_giving_back_to_the_machine_takes_every_part():
    people = split(ALL, ALL[0], 40)
    people = merged(people, [people[0], people[-1]])
    assert as_followed(people, people[0], EXTENTS) == ALL


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 310))))
def test_no_deed_loses_or_doubles_a_frame(deeds):
    people = ALL
    for deed, place, frame in deeds:
        person = people[place % len(people)]
        try:
            people = (
                merged(people, [person, people[(place + 1) % len(people)]])
                if deed == 0
                else split(people, person, frame)
                if deed == 1
                else separated(people, person)
                if deed == 2
                else as_followed(people, person, EXTENTS)
            )
        except ValueError:
            continue
        assert frames(people) == frames(ALL)
        assert everyone(by_hand(people, EXTENTS), EXTENTS) == people
    assert machine_person(1, EXTENTS).tracks == (1,)
