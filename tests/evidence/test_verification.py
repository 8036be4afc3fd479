import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.videos import make_video
from workstation.cases.case import Case
from workstation.cases.records import Verification
from workstation.evidence.intake import add_exhibit
from workstation.evidence.verification import verify_case, verify_exhibit


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        yield case


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=30)


def test_verification_tells_intact_altered_and_missing(
    case: Case, clip: Path, tmp_path: Path
) -> None:
    first = add_exhibit(case, clip)
    second = add_exhibit(case, make_video(tmp_path / "b.mp4", frames=3))
    assert verify_case(case).intact
    copy = case.folder / first.stored_name
    copy.chmod(0o644)
    data = bytearray(copy.read_bytes())
    data[len(data) // 2] ^= 1
    copy.write_bytes(data)
    (case.folder / second.stored_name).chmod(0o644)
    (case.folder / second.stored_name).unlink()
    result = verify_case(case)
    assert dict(result.exhibits) == {"E001": Verification.ALTERED, "E002": Verification.MISSING}
    assert (result.intact, result.chain.intact) == (False, True)
    acts = [(entry.act, entry.subject) for entry in case.custody.entries()[-3:]]
    assert acts == [
        ("log verified", "1"),
        ("exhibit verified", "E001"),
        ("exhibit verified", "E002"),
    ]
    with Case.open(case.folder, read_only=True) as reader:
        entries = len(reader.custody.entries())
        assert verify_exhibit(reader, "E001") is Verification.ALTERED
        assert len(reader.custody.entries()) == entries


def test_forged_list_of_exhibits_is_noticed(case: Case, clip: Path) -> None:
    exhibit = add_exhibit(case, clip)
    copy = case.folder / exhibit.stored_name
    copy.chmod(0o644)
    copy.write_bytes(b"another film")
    case._connection.write("DROP TRIGGER exhibits_no_update")
    case._connection.write(
        "UPDATE exhibits SET sha256 = ?", (hashlib.sha256(b"another film").hexdigest(),)
    )
    assert verify_exhibit(case, "E001") is Verification.ALTERED
