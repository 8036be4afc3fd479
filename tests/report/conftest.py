"""One signed report that many tests read, and the identity that signed it."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.report.filled_case import Track, add, analyse, make_clip, new_case
from workstation.cases.case import Case
from workstation.cases.records import ReportRecord, Stretch
from workstation.report.signing import SigningIdentity
from workstation.report.writer import write_report

STRANGE_NAME = "Κάμερα Камера שלום 🎥 \u202e gpj.mp4"


@dataclass(frozen=True)
class Signed:
    """A report, where it lies, and the case it was made from."""

    path: Path
    folder: Path
    record: ReportRecord

    def pages(self) -> list[str]:
        """The text of every page."""
        return poppler("pdftotext", "-layout", str(self.path), "-").split("\f")[:-1]

    def text(self) -> str:
        """The text of the whole report, its lines joined."""
        return " ".join(poppler("pdftotext", "-raw", str(self.path), "-").split())


def poppler(program: str, *words: str) -> str:
    """What a program of poppler-utils prints; the test is skipped without it."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} (poppler-utils) is not installed")
    done = subprocess.run([program, *words], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture(scope="session")
def identity() -> SigningIdentity:
    return SigningIdentity.self_signed_for("A. Examiner", "Laboratory for Digital Traces")


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", frames=40)


@pytest.fixture(scope="session")
def signed(
    tmp_path_factory: pytest.TempPathFactory, identity: SigningIdentity, clip: Path
) -> Signed:
    folder = tmp_path_factory.mktemp("signed") / "case"
    path = folder / "reports" / "report.pdf"
    with new_case(folder) as case:
        first = add(case, clip, name="interview.mp4")
        analyse(
            case,
            first,
            [Track(1, 0, 30, 0.75, (3, 6)), Track(2, 10, 34, 0.2)],
            undecodable=[Stretch(36, 37, "Its packets are damaged.")],
            stop=38,
        )
        add(case, clip, name=STRANGE_NAME)
        record = write_report(case, path, identity)
    return Signed(path, folder, record)


@pytest.fixture
def signed_case(signed: Signed) -> Iterator[Case]:
    with Case.open(signed.folder, read_only=True) as case:
        yield case


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with new_case(tmp_path / "case") as opened:
        yield opened
