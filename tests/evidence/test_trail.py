"""How far damage reaches where frames are counted as the decoder gives them."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from av.codec.context import Flags

from workstation.evidence import pulse
from workstation.evidence.decoding_run import DAMAGED, DEPENDENT
from workstation.evidence.trail import Trail


@dataclass
class Frame:
    """As much of PyAV's frame as is looked at; it began in packet `opaque`."""

    opaque: object
    key_frame: bool = False
    is_corrupt: bool = False
    interlaced_frame: bool = False


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch) -> Trail:
    """Of packets of which those that are called so are damaged."""
    monkeypatch.setattr(pulse, "told_by", lambda packet, following: packet.told)
    codec = SimpleNamespace(flags=Flags.low_delay)
    made = Trail(codec)
    assert codec.flags == Flags.low_delay | Flags.copy_opaque
    return made


def feed(trail: Trail, first: int, stop: int, *damaged: int, lost: int = -1) -> None:
    for count in range(first, stop):
        told = "zeros" if count in damaged else ""
        packet = SimpleNamespace(opaque=None, told=told, is_corrupt=count == lost)
        trail.fed(packet, None, count)
        assert packet.opaque == count


def test_frames_that_began_before_the_damage_are_sound_however_late_they_come(
    trail: Trail,
) -> None:
    feed(trail, 0, 6, 4)
    assert trail.fault_of(Frame(0, key_frame=True)) == ""
    assert [trail.fault_of(Frame(origin)) for origin in (2, 3, 1)] == [""] * 3
    assert trail.fault_of(Frame(5)) == DEPENDENT  # shown before it, built on it perhaps
    assert trail.fault_of(Frame(4)) == DAMAGED


def test_a_key_frame_ends_it(trail: Trail) -> None:
    feed(trail, 0, 9, 3, 4)
    trail.failed()  # the decoder says so of packet 8
    assert trail.fault_of(Frame(4)) == DAMAGED
    assert trail.fault_of(Frame(6)) == DEPENDENT  # shown before the key frame that it came after
    assert trail.fault_of(Frame(5, key_frame=True)) == ""
    assert trail.fault_of(Frame(7)) == ""
    assert trail.fault_of(Frame(8)) == DAMAGED


def test_a_damaged_key_frame_ends_nothing(trail: Trail) -> None:
    feed(trail, 0, 4, 2)
    assert trail.fault_of(Frame(2, key_frame=True)) == DAMAGED
    assert trail.fault_of(Frame(3)) == DEPENDENT


def test_what_the_decoder_or_the_container_says_counts_as_well(trail: Trail) -> None:
    feed(trail, 0, 4, lost=2)
    assert trail.fault_of(Frame(0, key_frame=True)) == ""
    assert trail.fault_of(Frame(2)) == DAMAGED
    assert trail.fault_of(Frame(3)) == DEPENDENT
    feed(trail, 4, 7)
    assert trail.fault_of(Frame(4, key_frame=True)) == ""
    assert trail.fault_of(Frame(5, is_corrupt=True)) == DAMAGED
    assert trail.fault_of(Frame(6)) == DEPENDENT


def test_the_second_field_may_have_a_packet_of_its_own(trail: Trail) -> None:
    feed(trail, 0, 6, 3)
    assert trail.fault_of(Frame(0, key_frame=True, interlaced_frame=True)) == ""
    assert trail.fault_of(Frame(2, interlaced_frame=True)) == DAMAGED
    assert trail.fault_of(Frame(4, interlaced_frame=True)) == DEPENDENT


def test_decoders_that_hand_no_mark_on(trail: Trail) -> None:
    feed(trail, 0, 1)
    assert trail.fault_of(Frame(None, key_frame=True)) == ""
    feed(trail, 1, 2, 1)
    assert trail.fault_of(Frame(None)) == DAMAGED
    feed(trail, 2, 3)
    assert trail.fault_of(Frame(None)) == DEPENDENT
    feed(trail, 3, 4)
    assert trail.fault_of(Frame(None, key_frame=True)) == ""
