"""`workstation problem-report`: what helps to find a fault, in a text file without names."""

import argparse
import getpass
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from workstation import __version__
from workstation.cases.database import SQLITE_VERSION
from workstation.cases.exports import refuse_place
from workstation.cases.plain_json import utc_now
from workstation.commands import logbook
from workstation.commands.answers import Answer
from workstation.commands.groups import Commands, command, write_file
from workstation.errors import WorkstationError

WHAT = "The problem report"
MOST_LINES, MOST_CRASH_LINES, MOST_FAILURES = 3000, 400, 20
_PACKAGES = (
    "torch", "torchvision", "facenet-pytorch", "openvino", "opencv-python", "av", "numpy",
    "PySide6", "pyqtgraph", "pyhanko", "cryptography", "reportlab", "safetensors", "sqlite-utils",
    "filelock",
)  # fmt: skip
_VARIABLES = ("WORKSTATION_WEIGHTS", "WORKSTATION_DETECTOR", "WORKSTATION_PASSPHRASE")
_FAILED = re.compile(r" (ERROR|CRITICAL) |: failed after |analysis (failed|interrupted)| refused")
_LINE = re.compile(r"(\S+ \S+) \w+ (\d+) [\w.]+: (.*)")
_FILE = re.compile(r'File "([^"]*)"')
_HEAD = """Problem report of the Deepfake Forensics Workstation {version}, made {now}

In it: what the program did and where it failed, versions, settings, this computer's hardware.
Not in it: evidence, scores, findings, names of people, cases or files, folders other than the
program's own. Where a line of the log had such a text, it says {text} instead. It is plain text:
read it before you hand it on.
"""


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = command(
        commands, common, "problem-report", save, "log, versions and settings, without names"
    )
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="text file to make")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")


def save(arguments: argparse.Namespace) -> Answer:
    """Write the report."""
    refuse_place(arguments.out, WHAT)
    if arguments.out.exists() and not arguments.overwrite:
        raise WorkstationError(
            f"“{arguments.out.name}” exists already and was left as it is. Choose another name, or "
            "agree to replace it with --overwrite."
        )
    text = compose()
    write_file(arguments.out, text.encode("utf-8"), WHAT)
    said = f"Problem report written to {arguments.out}: {text.count(chr(10))} lines, without names."
    log = str(logbook.folder())
    return Answer({"output": str(arguments.out), "log": log}, [said, f"The whole log: {log}"])


def compose(settings: Mapping[str, object] | None = None) -> str:
    """The whole report.

    Args:
        settings: the window's, each from a closed list or a number; None where there is no window.
    """
    lines = list(log_lines())
    failures = [line for line in lines if _FAILED.search(line)] + list(without_end(lines))
    failures = failures[-MOST_FAILURES:]
    sections = {
        "What failed last": failures or ["nothing, says the log"],
        "Versions": list(versions()),
        "Computer": list(computer()),
        "Settings": [f"{name}: {value}" for name, value in (settings or {}).items()]
        + [f"{name}: {'set' if os.environ.get(name) else 'not set'}" for name in _VARIABLES],
        "Detectors": list(detectors()),
        "Crashes of the interpreter": list(crash_lines()) or ["none noted"],
        "Log, times of this computer": lines or ["empty"],
    }
    text = _HEAD.format(version=__version__, now=utc_now(), text=logbook.TEXT)
    for title, content in sections.items():
        text += f"\n{title}\n{'-' * len(title)}\n" + "".join(f"{line}\n" for line in content)
    return without_person(text)


def without_person(text: str) -> str:
    """Leave out the person's account, home folder and computer, should a line still hold them."""
    names = {platform.node()}
    with suppress(KeyError, OSError, RuntimeError):  # an account without a name or a home
        names |= {str(Path.home()), getpass.getuser()}
    for name in sorted((name for name in names if len(name) > 1), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", logbook.TEXT, text)
    return text


def log_lines() -> Iterator[str]:
    """The end of the log, oldest line first, of all its pages."""
    pages = [logbook.NAMELESS, *(f"{logbook.NAMELESS}.{n}" for n in range(1, logbook.KEPT + 1))]
    kept: list[str] = []
    for page in reversed(pages):
        kept += _lines(logbook.folder() / page)
    yield from kept[-MOST_LINES:]


def without_end(lines: Sequence[str]) -> Iterator[str]:
    """Of programs that the log says began, those that it does not say ended, this one aside."""
    began: dict[str, str] = {}
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        time, process, said = found.groups()
        if said.endswith(" ends") or said.startswith("interrupted after "):
            began.pop(process, None)
        elif " begins, Python " in said:
            began[process] = time
    began.pop(str(os.getpid()), None)
    for process, time in began.items():
        yield f"process {process}, begun {time}, was ended, crashed, or is still running"


def crash_lines() -> Iterator[str]:
    """What was noted when the interpreter itself crashed; of its places only the program's."""
    for line in _lines(logbook.folder() / logbook.CRASHES)[-MOST_CRASH_LINES:]:
        yield _FILE.sub(lambda found: f'File "{logbook.program_place(found[1])}"', line)


def versions() -> Iterator[str]:
    """This program, Python, SQLite and the libraries it stands on."""
    yield f"workstation {__version__}"
    yield f"Python {platform.python_version()} ({platform.python_implementation()})"
    yield f"SQLite {SQLITE_VERSION}"
    for name in _PACKAGES:
        try:
            yield f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield f"{name} not installed"


def computer() -> Iterator[str]:
    """System, processor, memory and GPU; no name of the computer."""
    yield f"{platform.system()} {platform.release()} {platform.machine()}"
    yield f"processor: {_processor()}, {os.cpu_count()} cores"
    with suppress(ValueError, OSError, AttributeError):
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        yield f"memory: {pages * size / 2**30:.1f} GiB"
    console = getattr(sys.stdout, "encoding", "none")
    yield f"text in file names: {sys.getfilesystemencoding()}, on the console: {console}"
    yield f"GPU: {_gpus()}"


def detectors() -> Iterator[str]:
    """What can score: version and digest; the names only of those that came with the program."""
    import resources
    from workstation.analysis.detector import available_detectors

    shipped = [Path(place) for place in resources.__path__]
    for info in available_detectors():
        ours = any(info.card_path.is_relative_to(place) for place in shipped)
        name = info.name if ours else "one that was put in"
        yield f"{name}, weights SHA-256 {info.weights_sha256}"


def _processor() -> str:
    with suppress(OSError, IndexError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line for line in lines if line.startswith("model name")).partition(": ")[2]
    return platform.processor() or "not known"


def _gpus() -> str:
    """As the driver's own tool tells them; torch takes seconds to load."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "none that NVIDIA's driver knows"
    asked = [tool, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "NVIDIA's driver does not answer"
    return "; ".join(done.stdout.split("\n")).strip("; ") or "NVIDIA's driver names none"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
