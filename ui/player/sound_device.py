"""The sound device of this machine, through QtMultimedia, which is loaded when sound is met."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLoggingCategory

BUFFER = 0.25  # seconds of sound handed to the device ahead


class Sink(Protocol):
    """What the sound thread needs of a device that plays; stereo in, frames counted."""

    rate: int

    def free(self) -> int:
        """How many samples can be written now."""

    def queued(self) -> int:
        """How many written samples have not been played."""

    def write(self, samples: NDArray[np.float32]) -> None:
        """Hand over float32 (N, 2), -1..1, N at most `free()`."""

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0..1 as the ear judges it."""

    def lost(self) -> bool:
        """Whether the device has gone."""

    def close(self) -> None:
        """Stop at once and let go of the device."""


def default_device() -> Any | None:
    """The system's default output, or None; to be called from the window's thread."""
    QLoggingCategory.setFilterRules("qt.multimedia.symbolsresolver.warning=false")
    try:
        from PySide6.QtMultimedia import QMediaDevices
    except ImportError:  # the system's sound libraries are not installed
        return None
    device = QMediaDevices.defaultAudioOutput()
    return None if device.isNull() else device


class DeviceSink:
    """A `QAudioSink` to be used in one thread."""

    def __init__(self, device: Any) -> None:
        from PySide6.QtMultimedia import QAudioFormat, QAudioSink

        kind = device.preferredFormat()
        kind.setChannelCount(2)
        kind.setSampleFormat(QAudioFormat.SampleFormat.Float)
        if not device.isFormatSupported(kind):
            kind.setSampleFormat(QAudioFormat.SampleFormat.Int16)
        self.rate = kind.sampleRate()
        self._whole_numbers = kind.sampleFormat() == QAudioFormat.SampleFormat.Int16
        self._bytes = kind.bytesPerFrame()
        self._sink = QAudioSink(device, kind)
        self._sink.setBufferSize(round(BUFFER * self.rate) * self._bytes)
        self._door = self._sink.start()

    def free(self) -> int:
        """How many samples can be written now."""
        return self._sink.bytesFree() // self._bytes

    def queued(self) -> int:
        """How many written samples have not been played."""
        return max(self._sink.bufferSize() - self._sink.bytesFree(), 0) // self._bytes

    def write(self, samples: NDArray[np.float32]) -> None:
        """Hand over float32 (N, 2), -1..1."""
        if self._whole_numbers:
            data = (np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes()
        else:
            data = np.ascontiguousarray(samples, np.float32).tobytes()
        self._door.write(data)

    def set_volume(self, volume: float) -> None:
        """Set the volume, 0..1 as the ear judges it."""
        from PySide6.QtMultimedia import QtAudio

        scale = QtAudio.VolumeScale
        self._sink.setVolume(
            QtAudio.convertVolume(volume, scale.LogarithmicVolumeScale, scale.LinearVolumeScale)
        )

    def lost(self) -> bool:
        """Whether the device has gone."""
        from PySide6.QtMultimedia import QtAudio

        fatal = (QtAudio.Error.FatalError, QtAudio.Error.IOError, QtAudio.Error.OpenError)
        return self._sink.error() in fatal

    def close(self) -> None:
        """Stop at once and let go of the device."""
        self._sink.reset()
        self._sink.stop()
        self._sink.deleteLater()
