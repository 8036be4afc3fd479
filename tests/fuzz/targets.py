"""What of ours reads bytes that somebody else may have made, one function for each.

A target is given any bytes. It may raise what its reader promises to raise, which it swallows, and
nothing else. `seeds` are valid inputs from which a fuzzer starts.
"""

import atexit
import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import safetensors.torch  # noqa: F401  here, so that the first of the inputs need not wait for it

from models.card import CardError, read_card
from models.weights import WeightsError, WeightsFile, _read_state
from ui.settings_file import LARGEST, SettingsFile
from workstation.analysis.chunk_result import empty_result, from_bytes, to_bytes
from workstation.analysis.findings import Thresholds
from workstation.cases.agreement import disagreements, left_behind
from workstation.cases.case import Case
from workstation.cases.custody import NO_ENTRY, Act, _entry, _problem
from workstation.cases.exhibits import _frame_index
from workstation.cases.lock import _who
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.plain_json import canonical
from workstation.cases.records import (
    Exhibit,
    Finding,
    FindingRecord,
    FrameIndex,
    Hashes,
    Segment,
    Stretch,
)
from workstation.cases.run_shapes import card_of
from workstation.cases.soundness import as_recorded
from workstation.commands.reference_figures import read_scores
from workstation.errors import CaseError, WorkstationError
from workstation.evidence import nal_units
from workstation.evidence.check_sums import disagrees
from workstation.evidence.picture_size import is_small_jpeg
from workstation.report.card_figures import chief_figures
from workstation.report.sections import method
from workstation.report.verification import verify_report

_MEMORY = Path("/dev/shm")  # where there is one, nothing waits for a disk
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


@dataclass(frozen=True)
class Target:
    """One reader.

    Attributes:
        read: given any bytes.
        seeds: gives valid ones.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], Iterator[bytes]]


def _put(name: str, data: bytes) -> Path:
    path = FOLDER / name
    path.write_bytes(data)
    return path


def _card(data: bytes) -> None:
    with suppress(CardError):
        read_card(_put("a.card.json", data))


def _cards() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted(_resources().rglob("*.card.json")))


def _resources() -> Path:
    return Path(__file__).parents[2] / "resources"


def _weights(data: bytes) -> None:
    facts = WeightsFile("a.safetensors", hashlib.sha256(data).hexdigest(), len(data), "fp16")
    with suppress(WeightsError):
        _read_state(_put("a.safetensors", data), facts)


def _some_weights() -> Iterator[bytes]:
    from safetensors.numpy import save

    yield save({"a": np.ones((2, 3), np.float16), "b": np.zeros(4, np.float32)})
    yield save({})


def _chunk(data: bytes) -> None:
    with suppress(ValueError):
        to_bytes(from_bytes(data, 0, 10, 4))


def _chunks() -> Iterator[bytes]:
    yield to_bytes(empty_result(0, 10, (Stretch(2, 3, "its data is damaged"),), 4))
    yield to_bytes(empty_result(0, 10, (), 4))


def _custody(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    row = (1, "2026-01-01T00:00:00Z", "A. Examiner", "case created", "1", text, NO_ENTRY, "0" * 64)
    dict(_entry(row).details)
    assert _problem(row, 1, NO_ENTRY)


def _details() -> Iterator[bytes]:
    yield b'{"frames":10,"sha256":"aa","share":0.25,"source":"/a/b.mp4"}'
    yield b'{"after":{"colour":"blue","first":1,"last":1},"before":null,"mark":1}'


def _index(data: bytes) -> None:
    numbers = np.frombuffer(data[:16].ljust(16, b"\1"), "<i4").tolist()
    pts, key = data[16 : 16 + 8 * (len(data) // 9)], data[16 + 8 * (len(data) // 9) :]
    row = (numbers[0], numbers[1], numbers[2] / 7, "", numbers[3], pts, key, len(pts) // 8)
    with suppress(CaseError), as_recorded("the frames"):
        index = _frame_index(row)
        assert len(index.times) == len(index) == len(index.key)
        assert np.isfinite(index.times).all()


def _indexes() -> Iterator[bytes]:
    head = np.array([1, 25, 175, 1], "<i4").tobytes()
    yield head + np.arange(3, dtype="<i8").tobytes() + b"\1\0\0"


def _case(data: bytes) -> None:
    folder = FOLDER / "case"
    (folder / "exhibits").mkdir(parents=True, exist_ok=True)
    (folder / "case.sqlite").write_bytes(data)
    _read_all(folder)


def _read_all(folder: Path) -> None:
    with suppress(CaseError), Case.open(folder, read_only=True) as case:
        for exhibit in case.exhibits.all():
            case.exhibits.index(exhibit.number)
            for run in case.runs.of_exhibit(exhibit.number):
                case.runs.findings(run.id)
                case.runs.faces(run.id)
                case.runs.segments(run.id)
                case.runs.undecodable(run.id)
                left_behind(case, run.id)
        case.marks.all()
        case.custody.verify()
        disagreements(case)


def _values(data: bytes) -> None:
    """One value of one column in a sound database is another: a number, a text or a blob."""
    if len(data) < 2:
        return
    folder = FOLDER / "altered"
    (folder / "exhibits").mkdir(parents=True, exist_ok=True)
    (folder / "case.sqlite").write_bytes(_whole_case())
    kind, rest = data[1] % 3, data[2:]
    text = rest.decode("utf-8", "replace")
    number = int.from_bytes(rest[:8], "little", signed=True)
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw, raw:
        raw.execute("PRAGMA synchronous=OFF")
        table, column = _COLUMNS[data[0] % len(_COLUMNS)]
        triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = triggers.fetchall()
        for name, _ in found:
            raw.execute(f"DROP TRIGGER {name}")
        with suppress(sqlite3.IntegrityError):  # the column takes no values of the kind
            raw.execute(f"UPDATE {table} SET {column} = ?", ((number, text, rest)[kind],))
        for _, sql in found:
            raw.execute(sql)
    _read_all(folder)


_COLUMNS = [
    (table, column)
    for table, columns in {
        "facts": "number title",
        "custody": "details act subject sequence",
        "exhibits": "stored_name facts frames thumbnail size original_name",
        "frame_indexes": "pts key time_base_numerator time_base_denominator average_rate",
        "runs": "detector settings versions outcome exhibit frames",
        "faces": "frame track score landmarks outside sharpness x",
        "findings": "finding reasons statistics track",
        "segments": "first last mean",
        "marks": "kind tags people finding first colour run track",
        "known_authentic": "kinds recording questioned",
        "committed": "first stop",
        "seals": "first stop sha256 account code",
    }.items()
    for column in columns.split()
]


def _some_values() -> Iterator[bytes]:
    for column in range(len(_COLUMNS)):
        yield bytes([column, 1]) + b'{"a": [1, null, "b"]}'
        yield bytes([column, 0]) + bytes(8)
        yield bytes([column, 2]) + bytes(24)


def _cases() -> Iterator[bytes]:
    yield _whole_case()


@cache
def _whole_case() -> bytes:
    folder = FOLDER / "whole"
    with Case.create(folder, number="1", examiner="A. Examiner") as case:
        hashes = Hashes("a" * 64, "b" * 32, "c" * 40)
        exhibit = Exhibit("E001", "a.mp4", "exhibits/E001_a.mp4", 5, hashes, "video", "", {}, 3)
        index = FrameIndex(np.arange(3), np.ones(3, np.bool_), (1, 25), 25.0)
        case.exhibits.add(exhibit, index)
        run = case.runs.start("E001", {"name": "x"}, {}, {}, "cpu", "float32", 3)
        case.runs.conclude(
            run.id,
            [Segment(1, 0, 1, 0.5, 0.6, 1)],
            [FindingRecord(None, Finding.INCONCLUSIVE, ("few",), {})],
        )
        case.custody.append(Act.ANALYSIS_STARTED, "E001", run=run.id)
        case.runs.seals.put(run.id, 0, 3, "d" * 64)
        case.marks.put(None, Mark(MarkKind.MARKER, "E001", first=1, last=1, name="blink"))
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw, raw:
        raw.execute("INSERT INTO faces VALUES (1, 0, 1, 0.5, 1, 1, 1, 1, ?, 0, 1)", (bytes(40),))
        raw.execute("INSERT INTO committed VALUES (1, 0, 3)")
        raw.execute(
            "INSERT INTO known_authentic VALUES (1, 'E001', 'E002', '[]', '', '', '', NULL, '')"
        )
    with closing(sqlite3.connect(folder / "case.sqlite")) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
        raw.execute("PRAGMA page_size=512")
        raw.execute("VACUUM")
    return (folder / "case.sqlite").read_bytes()


def _holder(data: bytes) -> None:
    assert _who(_put("case.holder.json", data)).endswith(".")


def _holders() -> Iterator[bytes]:
    me = {"program": "x", "host": "y", "pid": 1, "since_utc": "2026-01-01T00:00:00Z"}
    yield json.dumps(me).encode()


def _scores(data: bytes) -> None:
    with suppress(WorkstationError):
        read_scores(_put("evaluation.json", data))


def _some_scores() -> Iterator[bytes]:
    yield b'{"format": 2, "detector": {"name": "x"}, "clips": [{"tracks": [{"score": 0.5}]}]}'


def _report(data: bytes) -> None:
    with suppress(WorkstationError):
        assert verify_report(_put("report.pdf", data)).sentences


def _reports() -> Iterator[bytes]:
    yield b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"


def _run_card(data: bytes) -> None:
    """A card that a run kept, and all that the report says of it."""
    with suppress(CaseError):
        kept = _kept_card(data)
        canonical(kept)
        chief_figures(kept, "elsewhere")
        for say in (method._calibration, method._ranges, method._training, method._performance):
            assert say(kept)
        method.limits(kept)
        method._thresholds(Thresholds.of_card(kept))


@as_recorded("the runs")
def _kept_card(data: bytes) -> dict[str, Any]:
    return card_of(data.decode("utf-8", "replace"))


def _settings(data: bytes) -> None:
    settings = SettingsFile(_put("window.json", data))
    settings.value("theme")
    assert settings.keep("theme", "dark") or len(data) > LARGEST // 2
    for aside in FOLDER.glob("window.json.aside-*"):
        aside.unlink()


def _some_settings() -> Iterator[bytes]:
    yield b'{"theme": "light", "workers": 2, "recent": ["/a"], "keys": {"analyse": ["Ctrl+Y"]}}'


def _check_sums(data: bytes) -> None:
    extradata, packets = _ffv1()
    disagrees("ffv1", extradata, data)
    disagrees("ffv1", data, packets[0])


def _nal_units(data: bytes) -> None:
    """Packets of either codec, units of every form, and what streams say of them."""
    head, rest = data[:30], data[30:]
    nal_units.may_be_cavlc(data)
    for codec in nal_units.CODECS:
        for extradata in (None, head, b"\1" + head):
            nal_units.is_overwritten(codec, extradata, rest)
            nal_units.runs_on(codec, extradata, rest, head)
            starts = nal_units.unit_starts(rest, nal_units.length_size(codec, extradata))
            assert all(0 <= at <= len(rest) for at in starts)


def _some_units() -> Iterator[bytes]:
    unit = b"\x41abc\0\0\3\0\0\0d"
    for size in (1, 2, 3, 4):
        lengths = b"\x01\x64\x00\x28" + bytes([size - 1]) + bytes(16) + bytes([size - 1] * 9)
        yield lengths + (len(unit).to_bytes(size) + unit) * 2
    yield bytes(30) + b"\0\0\0\1\x09\xf0\0\0\1" + unit + bytes(9)


def _some_packets() -> Iterator[bytes]:
    extradata, packets = _ffv1()
    yield from (extradata, *packets)


@cache
def _ffv1() -> tuple[bytes, list[bytes]]:
    path = FOLDER / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25, options={"level": "3", "slicecrc": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = np.arange(64 * 48 * 3, dtype=np.uint8).reshape(48, 64, 3)
        for packet in stream.encode(av.VideoFrame.from_ndarray(picture)) + stream.encode():
            container.mux(packet)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return bytes(stream.codec_context.extradata or b""), [
            bytes(packet) for packet in container.demux(stream) if packet.size
        ]


def _jpegs() -> Iterator[bytes]:
    yield bytes(cv2.imencode(".jpg", np.zeros((18, 32, 3), np.uint8))[1])


TARGETS: dict[str, Target] = {
    "card": Target(_card, _cards),
    "weights": Target(_weights, _some_weights),
    "chunk result": Target(_chunk, _chunks),
    "custody entry": Target(_custody, _details),
    "frame index": Target(_index, _indexes),
    "case": Target(_case, _cases),
    "values in a case": Target(_values, _some_values),
    "lock holder": Target(_holder, _holders),
    "evaluation": Target(_scores, _some_scores),
    "report": Target(_report, _reports),
    "card of a run": Target(_run_card, _cards),
    "settings": Target(_settings, _some_settings),
    "check sums": Target(_check_sums, _some_packets),
    "NAL units": Target(_nal_units, _some_units),
    "thumbnail": Target(is_small_jpeg, _jpegs),
}
