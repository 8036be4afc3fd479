"""One pass of the decoder from a key frame on, and what it says of every frame."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import av

from workstation.cases.records import FrameIndex
from workstation.evidence import hidden, nal_units, pulse
from workstation.evidence.expendable import IsExpendable, end_of_sequence, expendable_test
from workstation.evidence.leaking import may_leak
from workstation.evidence.media import said

DAMAGED = "its data is damaged"
DEPENDENT = "it is built on a frame that could not be decoded"
ABSENT = "it is missing from the file"
NOT_GIVEN = "the decoder gave no picture for it"

# A decoder may hold back this many frames before it gives one (H.264 A.3.1: 16 at most).
_REORDER = 18
# So near to a frame that is wanted nothing is left out: two fields may come in two packets.
_NEAR = 2
_NEVER = (0, -(2**63))
_EVER = 2**63


@dataclass(frozen=True)
class Picture:
    """What became of a frame.

    Attributes:
        number: its number.
        frame: a PyAV `VideoFrame`; None where there is none; True where it was only passed by.
        reason: why there is none.
    """

    number: int
    frame: Any
    reason: str = ""


class AnomalyError(Exception):
    """Decoding with several threads met damage, which then cannot be assigned to a frame."""


class StartError(Exception):
    """What is marked as a key frame cannot be decoded without what comes before."""


class Source(Protocol):
    """What a pass needs of `workstation.evidence.decoding.Decoder`."""

    index: FrameIndex
    wanted: int
    absent: str

    def number_of(self, pts: int | None) -> int | None:
        """The number of the frame with a timestamp, or None."""

    def packets(self, start: int | None, *, careful: bool) -> Iterator[Any]:
        """Demux from a key frame on."""

    def skipped(self, packet: Any) -> bool:
        """Whether what lay before a packet, or the end, was left out, as it is damaged."""


@dataclass
class Run:
    """One pass of the decoder from a key frame on.

    Frames wait until every frame that was decoded before them, and so may be part of them, is known
    to be sound: a frame built on a damaged one is not shown, however well it decodes.

    Attributes:
        barren: whether no frame was decoded so far.
        tainted: whether the decoder may hold some of a damaged frame (`leaking`).
    """

    decoder: Source
    start: int | None
    first: int
    careful: bool
    barren: bool = True
    tainted: bool = False
    _opening: bool = True
    _got: dict[int, Any] = field(default_factory=dict)
    _bad: dict[int, str] = field(default_factory=dict)
    _order: dict[int, int] = field(default_factory=dict)
    _expendable: set[int] = field(default_factory=set)
    _damage: list[tuple[int, int]] = field(default_factory=list)
    _hidden: dict[int, int] = field(default_factory=dict)
    _keys: dict[int, int] = field(default_factory=dict)
    _can_pass: IsExpendable | None = None
    _told_keys: bool = False
    _leaks: bool = False
    _leading: bool = True
    _missing: bool = False
    _stream: Any = None
    _fed: int = 0
    _held_back: int = 0
    _ahead: int = 0
    _highest: int = -1
    _next: int = -1
    _delay: int = _REORDER

    def pictures(self) -> Iterator[Picture]:
        """Frames from `first` on, in order.

        Raises:
            AnomalyError: damage was met while several threads were decoding.
        """
        packets = self.decoder.packets(self.start, careful=self.careful)
        for packet, following in hidden.in_parts(pulse.with_following(packets)):
            if self._next < 0:
                self._begin(packet)
                self._missing = self.decoder.skipped(packet)
            self._feed(packet, following)
            yield from self._ready(ended=False)
        self._stream = None
        if self._next < 0:
            self._next = self.first
        yield from self._ready(ended=True)

    def let_go(self) -> None:
        """See what the decoder still holds back, where damage to it would not end with it."""
        if self._stream is None or not self._leaks or self.tainted:
            return
        last = av.Packet()
        last.stream = self._stream
        with suppress(AnomalyError):
            self._let_threads_end(self._stream)
            self._take(last, None)
        self._stream = None

    def _begin(self, packet: Any) -> None:
        number = self._number(packet)
        self._next = 0 if self.start is None or number is None else number
        self._stream, codec = packet.stream, packet.stream.codec_context
        self._ahead = codec.thread_count - 1
        if codec.name == "h264" and codec.thread_count > 1:
            self._held_back = codec.thread_count
        self._delay += self._ahead + codec.reorder_depth  # with what threads hold back
        self._told_keys = codec.name in nal_units.CODECS
        self._leaks = may_leak(codec)
        self._can_pass = expendable_test(codec)
        if self.careful and not nal_units.length_size(codec.name, codec.extradata):
            # Where units are told from one another by what they begin with, damage to a packet that
            # none is built on may have swallowed the one after it.
            self._can_pass = None

    def _number(self, packet: Any) -> int | None:
        """A packet's frame; None where an edit list hides it, whatever its time is."""
        shown = packet.size and not packet.is_discard
        return self.decoder.number_of(packet.pts) if shown else None

    def _feed(self, packet: Any, following: Any) -> None:
        number = self._number(packet)
        if self._missing:
            self._miss()
        self._missing = following is not None and self.decoder.skipped(following)
        if packet.size and self._passes(packet, number):
            return
        if packet.size:
            self._note(packet, number)
        else:
            self._let_threads_end(packet.stream)
        told = pulse.told_by(packet, following, missing=self._missing)
        if told:
            self._fault(number, f"{DAMAGED} ({told})", packet)
        self._take(packet, number)

    def _miss(self) -> None:
        """Frames are missing here, on which others may be built."""
        if not self.careful:
            raise AnomalyError
        self._damage.append((self._fed, _EVER))

    def _let_threads_end(self, stream: Any) -> None:
        """Have the last pictures handed out one by one, each by a thread of its own.

        At the end of a file one thread would hand them all out, while others are still at work.
        """
        unit = end_of_sequence(stream.codec_context)
        for _ in range(self._held_back):
            # Python's own bytes would be let go of by a thread that then waits for Python.
            packet = av.Packet(len(unit))
            packet.update(unit)
            packet.stream = stream
            self._fed += 1
            self._take(packet, None)

    def _take(self, packet: Any, number: int | None) -> None:
        try:
            frames = pulse.decode(hidden.revealed(packet, self._fed), number)
        except av.FFmpegError as error:
            self._fault(number, f"{DAMAGED} ({said(error)})", packet)
            return
        except pulse.Refused as refusal:
            self._fault(number, str(refusal), packet)
            return
        for at, frame in enumerate(frames):
            self._came(frame, 0 if packet.size else at + 1)

    def _came(self, frame: Any, drained: int) -> None:
        order, shown = hidden.order_of(frame), self.decoder.number_of(frame.pts)
        if shown is not None:
            order = self._order.get(shown)
        if order is not None and self._told_keys and not frame.key_frame:
            # Where pictures are renewed bit by bit, packets say "key" without being one.
            self._keys.pop(order, None)
        sound = not frame.is_corrupt and self._told_in_time(order, drained)
        if order in self._hidden:
            pts = self._hidden.pop(order)
            if not sound:
                self._lose(order, pts)
        if shown is None or shown < self._next:
            return
        if sound:
            self._got.setdefault(shown, frame if self._keeps(shown) else True)
        else:
            self._fault(shown, DAMAGED)

    def _told_in_time(self, order: int | None, drained: int) -> bool:
        """Whether the thread a frame came from was done when another one handed the frame out.

        The packet whose thread hands a frame out lies as many before the last one as there are
        other threads, and its thread began after that of the packet `held_back` before had ended.
        """
        turn = min(self._fed - self._ahead + drained, self._fed + 1)
        return not self._held_back or (order is not None and turn - order >= self._held_back)

    def _passes(self, packet: Any, number: int | None) -> bool:
        """Whether the packet is left out, as nothing that is wanted is built on it."""
        if number is None:
            # FFmpeg's decoder gives no picture of these, and so no mark of damage to them either.
            self._leading = self._leading and (packet.is_keyframe or self._is_leading(packet))
            return self._leaks and self._leading and not packet.is_keyframe
        if number < self._next:
            # Shown before the key frame that decoding began with, built on what was not decoded.
            needless = self._leading and self.start is not None
            return needless and (self._leaks or not self.careful)
        self._leading = self._leading and packet.is_keyframe
        if self._can_pass is None or not self._can_pass(memoryview(packet)):
            return False
        if not self._leaks:
            self._expendable.add(number)
        if self.careful or number >= self.decoder.wanted - _NEAR:
            return False
        self._order[number] = self._fed
        self._highest = max(self._highest, number)
        self._got[number] = True
        return True

    def _is_leading(self, packet: Any) -> bool:
        """Whether a packet is shown before the key frame that decoding began with."""
        first = next(iter(self._keys.values()), None)
        return None not in (first, packet.pts) and bool(packet.pts < first)

    def _note(self, packet: Any, number: int | None) -> None:
        self._fed += 1
        if packet.is_keyframe and packet.pts is not None:
            self._keys[self._fed] = packet.pts
        if packet.is_discard and packet.is_corrupt:
            self._fault(None, f"{DAMAGED} (it is cut off)", packet)
        if hidden.is_revealed(packet) and not self._stands_alone(packet):
            self._hidden[self._fed] = packet.pts
        if number is None or number < self._next:
            return
        self._order[number] = self._fed
        self._highest = max(self._highest, number)
        if packet.is_disposable and not self._leaks:
            self._expendable.add(number)
        if packet.is_corrupt:
            self._fault(number, f"{DAMAGED} (it is cut off)")

    def _stands_alone(self, packet: Any) -> bool:
        """Whether damage to a packet reaches no other frame."""
        if self._leaks:
            return False
        return packet.is_disposable or bool(self._can_pass and self._can_pass(memoryview(packet)))

    def _keeps(self, number: int) -> bool:
        return number >= max(self.first, self.decoder.wanted)

    def _fault(self, number: int | None, reason: str, packet: Any = None) -> None:
        self.tainted = self._leaks
        if not self.careful:
            raise AnomalyError
        if number is not None and number >= self._next:
            self._bad.setdefault(number, reason)
        elif number is None and packet is not None:
            # An edit list hides the frame, or its codec; those built on it may be shown.
            self._hidden.pop(self._fed, None)
            if packet.pts is not None and not self._stands_alone(packet):
                self._lose(self._fed, packet.pts)

    def _lose(self, order: int, pts: int) -> None:
        """What is decoded after this, and shown after it, may be damaged."""
        self.tainted = self._leaks
        self._damage.append((order, _EVER if self._leaks else pts))

    def _give_up(self, *, ended: bool) -> None:
        """Stop waiting for pictures of hidden frames that will not come."""
        for order in [one for one in self._hidden if ended or self._fed - one > self._delay]:
            pts = self._hidden.pop(order)
            if not self._told_keys:  # otherwise they may just not be renewed as a whole yet
                self._lose(order, pts)

    def _ready(self, *, ended: bool) -> Iterator[Picture]:
        self._give_up(ended=ended)
        while self._next < len(self.decoder.index):
            number = self._next
            own = self._order.get(number, self._fed)
            before = [n for n, order in self._order.items() if order < own and n > number]
            if not all(self._settled(n, ended) for n in (number, *before)):
                return
            if min(self._hidden, default=own) < own:
                return
            picture = self._judge(number, own, before)
            if picture.frame is None and self._opening and self.start is not None:
                raise StartError
            if picture.frame is None and not self.careful:
                raise AnomalyError
            self._opening = False
            self._forget(number, picture.frame is None, own)
            if number >= self.first:
                if picture.frame is not None:
                    self.barren = False
                yield picture

    def _settled(self, number: int, ended: bool) -> bool:
        if ended or number in self._got or number in self._bad:
            return True
        order = self._order.get(number)
        if order is None:
            return self._highest > number + self._delay
        return self._fed - order > self._delay

    def _judge(self, number: int, own: int, before: list[int]) -> Picture:
        if number in self._bad:
            return Picture(number, None, self._bad[number])
        if number not in self._order:
            return Picture(number, None, self.decoder.absent)
        lost = self._damage + [
            (self._order[n], self._pts(n))
            for n in before
            if n not in self._expendable and (n in self._bad or n not in self._got)
        ]
        # What is shown after a key frame is built on nothing decoded, or shown, before that.
        pts = self._pts(number)
        keys = (key for key in self._keys.items() if key[0] <= own and key[1] <= pts)
        sound = max(keys, default=_NEVER)
        if any(sound[0] <= order < own and sound[1] <= shown for order, shown in lost):
            return Picture(number, None, DEPENDENT)
        if number not in self._got:
            return Picture(number, None, NOT_GIVEN)
        return Picture(number, self._got[number])

    def _forget(self, number: int, lost: bool, own: int) -> None:
        self._next = number + 1
        if number in self._bad and number not in self._expendable:
            self._lose(own, self._pts(number))
        elif lost and number not in self._expendable:
            self._damage.append((own, self._pts(number)))
        for store in (self._got, self._bad, self._order):
            store.pop(number, None)
        self._expendable.discard(number)
        if len(self._keys) > 4 * _REORDER:
            self._keys = dict(list(self._keys.items())[-2 * _REORDER :])
            self._damage = [lost for lost in self._damage if lost[0] >= min(self._keys)]

    def _pts(self, number: int) -> int:
        return int(self.decoder.index.pts[number])
