"""Sound of the exhibit, decoded and handed to the device in a thread of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from ui.player.sound_device import DeviceSink, Sink, default_device
from workstation.cases.records import FrameIndex
from workstation.errors import WorkstationError
from workstation.evidence.sound import FASTEST, SLOWEST, SoundFacts, SoundReader

TICK_MS = 20
NO_DEVICE = "This computer has no sound device, so the exhibit is played without its sound."
LOST = "The sound device has gone; the picture goes on without sound."

FindDevice = Callable[[], Any]
OpenSink = Callable[[Any], Sink]


@dataclass(frozen=True)
class SoundRequest:
    """Open this exhibit's sound, or close it where `path` is None."""

    exhibit: int
    path: Path | None = None
    index: FrameIndex | None = None


@dataclass(frozen=True)
class SoundFound:
    """What an exhibit has to be heard; `facts` is None where it is nothing, `reason` says why."""

    exhibit: int
    facts: SoundFacts | None
    reason: str = ""


@dataclass(frozen=True)
class PlayRequest:
    """Play from `start` seconds after the first frame, at `speed`, on `device`."""

    order: int
    start: float
    speed: float
    device: Any


@dataclass(frozen=True)
class SoundAt:
    """What is being heard: presentation time `seconds` at `clock` of `monotonic()`."""

    order: int
    seconds: float
    clock: float


@dataclass(frozen=True)
class SoundEnded:
    """There is nothing more to hear; `reason` says why where it broke off."""

    order: int
    reason: str = ""


class SoundWorker(QObject):
    """Lives in the sound thread; owns the file and the device while they are in use."""

    told = Signal(object)  # SoundFound, SoundAt or SoundEnded

    def __init__(self, open_sink: OpenSink) -> None:
        super().__init__()
        self.volume = 1.0  # written by the window's thread only
        self._open_sink = open_sink
        self._reader: SoundReader | None = None
        self._sink: Sink | None = None
        self._samples: Iterator[NDArray[np.float32]] = iter(())
        self._rest = np.zeros((0, 2), np.float32)
        self._request: PlayRequest | None = None
        self._written = 0
        self._timer: QTimer | None = None

    @Slot(object)
    def open(self, request: SoundRequest) -> None:
        """Change to another exhibit."""
        self.stop()
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if request.path is None or request.index is None:
            return
        try:
            self._reader = SoundReader(request.path, request.index)
        except (WorkstationError, OSError) as problem:
            self.told.emit(SoundFound(request.exhibit, None, str(problem)))
        else:
            self.told.emit(SoundFound(request.exhibit, self._reader.facts))

    @Slot(object)
    def play(self, request: PlayRequest) -> None:
        """Begin to be heard."""
        self.stop()
        if self._reader is None:
            return
        try:
            self._sink = self._open_sink(request.device)
            self._samples = self._reader.samples(request.start, request.speed, self._sink.rate)
        except (WorkstationError, OSError, RuntimeError) as problem:
            self.told.emit(SoundEnded(request.order, str(problem)))
            return
        self._request, self._written = request, 0
        self._rest = np.zeros((0, 2), np.float32)
        if self._timer is None:
            self._timer = QTimer(self, interval=TICK_MS)
            self._timer.timeout.connect(self._fill)
        self._fill()
        self._timer.start()

    @Slot()
    def stop(self) -> None:
        """Fall silent at once."""
        if self._timer is not None:
            self._timer.stop()
        if self._sink is not None:
            self._sink.close()
            self._sink = None
        self._request = None

    @Slot()
    def finish(self) -> None:
        """Let go of everything, in the thread it belongs to."""
        self.stop()
        if self._timer is not None:
            self._timer.deleteLater()
            self._timer = None
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _fill(self) -> None:
        sink, request = self._sink, self._request
        if sink is None or request is None:
            return
        sink.set_volume(self.volume)
        if sink.lost():
            self._end(request, LOST)
            return
        more = self._write(sink, sink.free())
        queued = sink.queued()
        if more or queued:
            heard = (self._written - queued) / sink.rate * request.speed
            self.told.emit(SoundAt(request.order, request.start + heard, monotonic()))
        else:
            self._end(request, "")

    def _write(self, sink: Sink, room: int) -> bool:
        """Fill the device's room; whether there is more to come."""
        while room > 0:
            if not len(self._rest):
                block = next(self._samples, None)
                if block is None:
                    return False
                self._rest = block
            part, self._rest = self._rest[:room], self._rest[room:]
            sink.write(part)
            self._written += len(part)
            room -= len(part)
        return True

    def _end(self, request: PlayRequest, reason: str) -> None:
        self.stop()
        self.told.emit(SoundEnded(request.order, reason))


class Sound(QObject):
    """The exhibit's sound as the player sees it.

    It is heard forwards from half to twice the speed, at its own pitch; otherwise `why_silent`
    says what is the matter.
    """

    changed = Signal()  # what `state` says
    heard = Signal(object)  # SoundAt
    ended = Signal(object)  # SoundEnded

    _opening = Signal(object)
    _playing = Signal(object)
    _stopping = Signal()
    _finishing = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        find_device: FindDevice = default_device,
        open_sink: OpenSink = DeviceSink,
    ) -> None:
        super().__init__(parent)
        self.facts: SoundFacts | None = None
        self.reason = ""
        self.muted = False
        self.volume = 1.0
        self._find_device, self._open_sink = find_device, open_sink
        self._device: Any = None
        self._exhibit = self._order = 0
        self._running: tuple[QThread, SoundWorker] | None = None

    def open(self, path: Path, index: FrameIndex) -> None:
        """Look for the sound of another exhibit; `changed` tells of it."""
        self._forget()
        if self._running is None:
            self._start()
        self._opening.emit(SoundRequest(self._exhibit, path, index))

    def close(self) -> None:
        """Let go of the exhibit."""
        self._forget()
        self._opening.emit(SoundRequest(self._exhibit))

    @property
    def usable(self) -> bool:
        """Whether the exhibit has sound and there is a device for it."""
        return self.facts is not None and self._device is not None

    def can_be_heard(self, start: float, rate: float) -> bool:
        """Whether there is sound at `start` seconds, for playing at `rate`."""
        if self.facts is None or self._device is None or not SLOWEST <= rate <= FASTEST:
            return False
        return self.facts.ends is None or start < self.facts.ends

    def why_silent(self, rate: float) -> str:
        """Why nothing is heard at `rate` although the exhibit has sound, or ""."""
        if self.facts is None or self._device is None or self.muted:
            return ""
        return "" if SLOWEST <= rate <= FASTEST else "no sound at this speed"

    def play(self, start: float, rate: float) -> None:
        """Begin to be heard; `heard` and `ended` follow."""
        self._order += 1
        self._playing.emit(PlayRequest(self._order, start, rate, self._device))

    def stop(self) -> None:
        """Fall silent at once."""
        self._order += 1
        self._stopping.emit()

    def set_volume(self, volume: float, *, muted: bool | None = None) -> None:
        """Set the volume, 0..1, and whether nothing is to be heard."""
        self.volume = min(max(volume, 0.0), 1.0)
        self.muted = self.muted if muted is None else muted
        if self._running is not None:
            self._running[1].volume = 0.0 if self.muted else self.volume
        self.changed.emit()

    def shut_down(self) -> None:
        """End the thread and close the file."""
        self._forget()
        if self._running is None:
            return
        (thread, worker), self._running = self._running, None
        self._finishing.emit()
        thread.quit()
        thread.wait()
        for signal in (self._opening, self._playing, self._stopping, self._finishing):
            signal.disconnect()
        worker.told.disconnect()

    def _forget(self) -> None:
        self._order += 1
        self._exhibit += 1
        self.facts, self.reason = None, ""
        self._stopping.emit()
        self.changed.emit()

    def _start(self) -> None:
        thread, worker = QThread(), SoundWorker(self._open_sink)
        thread.setObjectName("player sound")
        worker.volume = 0.0 if self.muted else self.volume
        worker.moveToThread(thread)
        queued = Qt.ConnectionType.QueuedConnection
        self._opening.connect(worker.open, queued)
        self._playing.connect(worker.play, queued)
        self._stopping.connect(worker.stop, queued)
        self._finishing.connect(worker.finish, Qt.ConnectionType.BlockingQueuedConnection)
        worker.told.connect(self._told, queued)
        thread.start()
        self._running = (thread, worker)

    @Slot(object)
    def _told(self, told: SoundFound | SoundAt | SoundEnded) -> None:
        if isinstance(told, SoundFound):
            if told.exhibit == self._exhibit:
                self._found(told)
        elif told.order == self._order:
            (self.heard if isinstance(told, SoundAt) else self.ended).emit(told)

    def _found(self, found: SoundFound) -> None:
        self.facts, self.reason = found.facts, found.reason
        if found.facts is not None:
            self._device = self._find_device()
            if self._device is None:
                self.reason = NO_DEVICE
        self.changed.emit()
