"""What a worker can be asked for; each service opens the file in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from workstation.cases.records import FrameIndex, Stretch
from workstation.errors import WorkstationError
from workstation.evidence import hearing, reading
from workstation.evidence.frame_index import index_of
from workstation.evidence.isolation import copies
from workstation.evidence.isolation.desk import Desk, said
from workstation.evidence.isolation.memory import keep_what_is_freed
from workstation.evidence.isolation.messages import Message
from workstation.evidence.isolation.wire import index_sent
from workstation.evidence.probe import facts_of

Service = Callable[[Desk, Path, FrameIndex | None, Message], None]


def _frames(desk: Desk, path: Path, index: FrameIndex | None, request: Message) -> None:
    """Frames in order, ahead of their reader by as many as there are slots."""
    assert index is not None
    keep_what_is_freed()
    found = reading.read_frames(
        path, index, request["first"], request["stop"], **request["options"]
    )
    for item in found:
        if isinstance(item, Stretch):
            desk.say({"lost": [item.first, item.last, item.reason]})
        else:
            desk.show(item)
    desk.say({"end": True})


def _reader(desk: Desk, path: Path, index: FrameIndex | None, request: Message) -> None:
    """Any frame, one request at a time; between them, what is likely to be asked for next."""
    assert index is not None
    reader = reading.FrameReader(
        path,
        index,
        request["cache_bytes"],
        careful=request["careful"],
        threads=request["threads"],
    )
    desk.say({"open": True})
    ahead: Callable[[], bool] | None = None
    while True:
        if ahead is not None and not desk.channel.waiting():
            ahead = ahead if _goes_on(ahead) else None
            continue
        message, _ = desk.channel.receive()
        if "free" in message:
            desk.freed(message["free"])
            continue
        ahead, number, way = None, message["read"], message["way"]
        try:
            stale = partial(_is_stale, desk, message["request"])
            desk.show(reader.read(number, stale, back=way < 0))
        except reading.StaleError:
            desk.say({"stale": True})
        except Exception as error:
            desk.say(said(desk, error))
        else:
            if way:
                ahead = partial(reader.look_on if way > 0 else reader.look_back, number)


def _goes_on(ahead: Callable[[], bool]) -> bool:
    """Decode a little of what nobody has asked for; what is wrong with it is said when asked."""
    try:
        return ahead()
    except WorkstationError:
        return False


def _is_stale(desk: Desk, request: int) -> bool:
    return desk.board.unwanted >= request


def _probe(desk: Desk, path: Path, *_: object) -> None:
    facts, media_type = facts_of(path)
    desk.say({"facts": facts, "media_type": media_type})


def _index(desk: Desk, path: Path, *_: object) -> None:
    facts, data = index_sent(index_of(path))
    desk.say({"index": facts}, data)


def _sound(desk: Desk, path: Path, index: FrameIndex | None, _: Message) -> None:
    """Sound from any moment on, block by block."""
    assert index is not None
    reader = hearing.SoundReader(path, index)
    desk.say(asdict(reader.facts))
    blocks: Iterator[hearing.Samples] = iter(())
    while True:
        message, _data = desk.channel.receive()
        if "next" not in message:
            blocks = reader.samples(message["start"], message["speed"], message["rate"])
            continue
        block = next(blocks, None)
        if block is None:
            desk.say({"end": True})
        else:
            desk.say({"samples": len(block)}, block.astype("<f4").tobytes())


def _waveform(desk: Desk, path: Path, index: FrameIndex | None, request: Message) -> None:
    assert index is not None

    def share(done: float) -> None:
        """Wait after each report, so that the reader can let others have the processors."""
        if desk.share(done):
            desk.channel.receive()

    peaks = hearing.waveform(path, index, request["buckets"], share)
    desk.say({"peaks": len(peaks)}, peaks.astype("<f4").tobytes())


SERVICES: dict[str, Service] = {
    "frames": _frames,
    "reader": _reader,
    "probe": _probe,
    "index": _index,
    "sound": _sound,
    "waveform": _waveform,
    "cut": copies.cut,
    "packets": copies.packets,
}
