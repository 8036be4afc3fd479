"""What a worker takes from itself before it opens evidence: memory, files, the network, the rest.

Linux only for the most part: Landlock (the files it may open), seccomp (the system calls it may
make), resource limits. Where the system lacks one of them, the worker says so and goes on.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path

OPEN_FILES = 64
PROCESSOR_SECONDS = 120  # of all its threads, between two signs of life; what kills it in the end

MEMORY, FILES, NETWORK = "memory", "files", "network and programs"

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SIGKILL = 9


def confine(file: Path, memory: int) -> list[str]:
    """Give up what decoding one file does not need.

    Args:
        file: the one file that can still be opened, for reading, beside the libraries in use.
        memory: bytes that this process may set aside.

    Returns:
        What is in force, of `MEMORY`, `FILES`, `NETWORK`.
    """
    done = [MEMORY] if _limit(memory) else []
    if not sys.platform.startswith("linux"):
        return done
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return done
    if _only_file(libc, file):
        done.append(FILES)
    if _without_calls(libc):
        done.append(NETWORK)
    return done


def die_with_parent(parent: int) -> None:
    """End with the process that started this one, however that ends (Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


def renew_processor_time() -> None:
    """Set the time of the processor that may pass until the next sign of life."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + PROCESSOR_SECONDS
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def allow_memory(memory: int) -> None:
    """Widen or narrow the memory that may be set aside, below the hard limit."""
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    if hard != resource.RLIM_INFINITY:
        memory = min(memory, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))


def _limit(memory: int) -> bool:
    if sys.platform == "win32":
        return False
    import resource

    # Private memory that can be written: shared pixels and reserved addresses do not count.
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_DATA: memory,
    }
    for which, most in limits.items():
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(which, (most, most))
    renew_processor_time()
    return sys.platform.startswith("linux")


# Landlock, linux/landlock.h: version 1 knows 13 rights over files, later ones more.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_BENEATH = 1
_NET_RIGHTS = 0b11  # bind and connect, TCP
_SCOPES = 0b11  # abstract sockets and signals


def _only_file(libc: ctypes.CDLL, file: Path) -> bool:
    version = libc.syscall(_CREATE_RULESET, None, 0, 1)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS[min(version, 5)]) - 1
    words = [rights, _NET_RIGHTS if version >= 4 else 0, _SCOPES if version >= 6 else 0]
    known = words[: 1 if version < 4 else 2 if version < 6 else 3]
    attributes = struct.pack(f"={len(known)}Q", *known)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        allowed = [_allow(libc, ruleset, place) for place in (file, *_libraries())]
        return all(allowed) and libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, place: Path) -> bool:
    opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | (_READ_FOLDER if place.is_dir() else 0)
        rule = struct.pack("=Qi", rights, opened)
        return bool(libc.syscall(_ADD_RULE, ruleset, _BENEATH, rule, 0) == 0)
    finally:
        os.close(opened)


def _libraries() -> set[Path]:
    """Where Python and the modules in use lie; some parts of them are loaded late."""
    if getattr(sys, "frozen", False):  # the modules lie in the program's own file
        return {Path(getattr(sys, "_MEIPASS", Path(sys.executable).parent)), Path(sys.executable)}
    modules = (sys.modules.get(name) for name in ("os", "av", "cv2", "numpy", "workstation"))
    return {Path(module.__file__).parent for module in modules if module and module.__file__}


# Numbers of system calls (linux/unistd.h, asm/unistd_64.h). Decoding needs none of these: other
# processes, programs, connections, mounts, keys, namespaces, modules, tracing; signals to others,
# their priority and memory; memory, queues and semaphores that have a name; whatever changes files.
# fmt: off
_REFUSED = {
    "x86_64": (
        29, 30, 31, 41, 42, 43, 49, 50, 53, 57, 58, 59, 62, 64, 65, 66, 68, 69, 70, 71, 76, 82, 83,
        84, 85, 86, 87, 88, 90, 91, 92, 93, 94, 101, 129, 132, 133, 141, 142, 144, 155, 161, 165,
        175, 188, 189, 190, 197, 198, 199, 200, 203, 220, 235, 240, 248, 249, 250, 251, 256, 258,
        259, 260, 261, 263, 264, 265, 266, 268, 272, 279, 280, 288, 297, 298, 304, 308, 310, 311,
        312, 313, 314, 316, 319, 321, 322, 323,
    ),
    "aarch64": (
        5, 6, 7, 14, 15, 16, 30, 33, 34, 35, 36, 37, 38, 40, 41, 45, 51, 52, 53, 54, 55, 88, 97,
        105, 117, 118, 119, 122, 129, 130, 138, 140, 180, 186, 187, 188, 189, 190, 191, 192, 193,
        194, 195, 196, 198, 199, 200, 201, 202, 203, 217, 218, 219, 221, 238, 239, 240, 241, 242,
        265, 268, 270, 271, 272, 273, 274, 276, 279, 280, 281, 282,
    ),
}
# fmt: on
# pidfd_send_signal, io_uring_setup, mounts (428 to 433, 442), pidfd_open, pidfd_getfd,
# openat2, process_madvise, process_mrelease, fchmodat2
_REFUSED_EVERYWHERE = (424, 425, *range(428, 435), 437, 438, 440, 442, 448, 452)
_ON_ITSELF = {"x86_64": (234, 302), "aarch64": (131, 261)}  # tgkill, prlimit64: nobody else
# fcntl and ioctl, without what has a signal sent to another process: F_SETOWN, F_SETSIG,
# F_SETOWN_EX; FIOSETOWN, SIOCSPGRP
_WITHOUT = {
    "x86_64": {72: (8, 10, 15), 16: (0x8901, 0x8902)},
    "aarch64": {25: (8, 10, 15), 29: (0x8901, 0x8902)},
}
# open and openat, without what writes: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_OPEN = {"x86_64": {2: 1, 257: 2}, "aarch64": {56: 2}}  # which argument holds the flags
_TO_WRITE = 0o1 | 0o2 | 0o100 | 0o1000
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE, _CLONE3 = {"x86_64": 56, "aarch64": 220}, 435
_CLONE_THREAD = 0x10000
_OTHER_ABI = 0x40000000  # x32, whose calls have numbers of their own

_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _MACHINE, _ARGUMENTS, _ARGUMENT = 0, 4, 16, 8


def _without_calls(libc: ctypes.CDLL) -> bool:
    """Refuse system calls (seccomp(2), filter mode): no connections, no programs, no processes."""
    machine = platform.machine()
    if machine not in _REFUSED or sys.byteorder != "little":
        return False
    program = _program(machine)
    code = ctypes.create_string_buffer(program, len(program))
    count = len(program) // 8
    whole = struct.pack("@HxxxxxxP", count, ctypes.addressof(code))
    return bool(libc.prctl(_PR_SET_SECCOMP, 2, whole, 0, 0) == 0)


def _program(machine: str) -> bytes:
    """The filter, as classic BPF: each step is code, jump if true, jump if false, value."""
    steps = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 1, 0, _MACHINES[machine]),
        (_ANSWER, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [(_AT_LEAST, 0, 1, _OTHER_ABI), (_ANSWER, 0, 0, _FAIL | _EPERM)]
    for number in (*_REFUSED[machine], *_REFUSED_EVERYWHERE):
        steps += [(_EQUAL, 0, 1, number), (_ANSWER, 0, 0, _FAIL | _EPERM)]
    for number in _ON_ITSELF[machine]:
        steps += _on_itself(number)
    for number, words in _WITHOUT[machine].items():
        steps += _without(number, words)
    for number, flags in _OPEN[machine].items():
        steps += _only_reading(number, flags)
    # Threads may be begun, processes not; what hides its flags (clone3) is said not to exist.
    steps += [
        (_EQUAL, 0, 1, _CLONE3),
        (_ANSWER, 0, 0, _FAIL | _ENOSYS),
        (_EQUAL, 0, 3, _CLONE[machine]),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_HAS_BITS, 1, 0, _CLONE_THREAD),
        (_ANSWER, 0, 0, _FAIL | _EPERM),
        (_ANSWER, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _on_itself(number: int) -> list[tuple[int, int, int, int]]:
    """A call that may name this very process, or none, as the one that it is about."""
    return [
        (_EQUAL, 0, 5, number),
        (_LOAD, 0, 0, _ARGUMENTS),
        (_EQUAL, 1, 0, os.getpid()),
        (_EQUAL, 0, 1, 0),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _FAIL | _EPERM),
    ]


def _without(number: int, words: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """A call whose second argument says what to do: all of it but these."""
    count = len(words)
    return [
        (_EQUAL, 0, count + 3, number),
        (_LOAD, 0, 0, _ARGUMENTS + _ARGUMENT),
        *((_EQUAL, count - place, 0, word) for place, word in enumerate(words)),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _FAIL | _EPERM),
    ]


def _only_reading(number: int, flags: int) -> list[tuple[int, int, int, int]]:
    """A call that opens a file, for reading only."""
    return [
        (_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _ARGUMENTS + flags * _ARGUMENT),
        (_HAS_BITS, 1, 0, _TO_WRITE),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _FAIL | _EPERM),
    ]
