"""A keeper whose workers meet with an accident at one frame; only tests begin it.

`FAULT` in the environment says which accident, and at which frame: "crash@40".
"""

import ctypes
import fcntl
import os
import platform
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np

from workstation.evidence import pulse
from workstation.evidence.isolation import confinement, desk, keeper

KIND, _, PLACE = os.environ["FAULT"].partition("@")
decode, say, allow = pulse.decode, desk.Desk.say, confinement._allow


def faulty_decode(packet: Any, number: int | None) -> list[Any]:
    if number == int(PLACE):
        pulse._watch.begin(number)
        ACCIDENTS[KIND]()
    return decode(packet, number)


def faulty_say(self: desk.Desk, message: dict[str, Any], data: bytes = b"") -> None:
    if message.get("frame") == int(PLACE):
        message = {**message, **LIES[KIND]}
    say(self, message, data)


def exchanging_allow(libc: ctypes.CDLL, ruleset: int, place: Path) -> bool:
    """Allow a file, then put the one that waits beside it in its place."""
    done = allow(libc, ruleset, place)
    waiting = place.with_name("waiting")
    if waiting.exists():
        waiting.replace(place)
    return done


def crash() -> None:
    ctypes.string_at(0)


def spin() -> None:
    while True:
        pass


def sleep() -> None:
    while True:
        time.sleep(1)


def bomb() -> None:
    held = []
    while True:
        held.append(np.empty(2**28, np.uint8))


def babble() -> None:
    pulse._watch.channel._socket.sendall(b"\xff" * 64)  # type: ignore[attr-defined]
    sleep()


def asked(x86: int, arm: int, *words: int) -> None:
    """Make a system call that Python has no name for."""
    libc = ctypes.CDLL(None, use_errno=True)
    number = arm if platform.machine() == "aarch64" else x86
    if libc.syscall(number, *words) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def escape() -> None:
    """Try what no worker may do, and say what of it was possible."""
    other = os.getppid()
    tried = {
        "a file": lambda: os.open("/etc/hostname", os.O_RDONLY),
        "a folder": lambda: list(Path("/").iterdir()),
        "writing": lambda: os.open("/tmp/escaped", os.O_WRONLY | os.O_CREAT),
        "a folder of its own": lambda: Path("/tmp/escaped-folder").mkdir(),
        "a name": lambda: Path("/tmp/escaped-name").symlink_to("/tmp"),
        "a connection": socket.socket,
        "a process": os.fork,
        "a program": lambda: os.execv("/bin/true", ["true"]),
        "a signal": lambda: os.kill(other, 0),
        "a signal to a thread": lambda: asked(234, 131, other, other, 0),
        "a signal to any thread": lambda: asked(200, 130, other, 0),
        "a signal over a file": lambda: fcntl.fcntl(0, fcntl.F_SETOWN, other),
        "limits of another": lambda: asked(302, 261, other, 7, 0, 0),
        "priority of another": lambda: os.setpriority(os.PRIO_PROCESS, other, 5),
        "memory with a name": lambda: asked(29, 194, 0, 4096, 0o600),
        "memory": lambda: bytearray(2**40),
    }
    done = []
    for name, attempt in tried.items():
        try:
            attempt()
        except (OSError, MemoryError):
            continue
        done.append(name)
    raise pulse.Refused(f"possible: {', '.join(done) or 'nothing'}")


ACCIDENTS = {
    "crash": crash,
    "spin": spin,
    "sleep": sleep,
    "bomb": bomb,
    "babble": babble,
    "escape": escape,
    "escape among files": escape,
}
LIES: dict[str, dict[str, Any]] = {
    "lie about the slot": {"slot": 10**9},
    "lie about the height": {"height": 2**40},
    "lie about the width": {"width": -1},
    "lie about the kind": {"height": "many"},
    "lie about the frame": {"frame": 3},
    "lie about the room": {"room": 2**60},
    "lie about the loss": {"lost": [0, 10**12, ["?"]]},
}
if KIND == "escape among files":  # as where the kernel has no Landlock
    confinement._only_file = lambda *_: False
if KIND in ACCIDENTS:
    pulse.decode = faulty_decode
elif KIND == "exchange":
    confinement._allow = exchanging_allow
else:
    desk.Desk.say = faulty_say  # type: ignore[method-assign]

if __name__ == "__main__":
    keeper.main()
