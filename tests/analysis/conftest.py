from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.analysis.clips import Picture, clip
from tests.weights import random_weights
from workstation.analysis.detector import Detector, DetectorInfo, load_detector, read_detector
from workstation.analysis.devices import settle_rounding
from workstation.cases.case import Case
from workstation.evidence.intake import add_exhibit


@pytest.fixture(scope="session")
def info(tmp_path_factory: pytest.TempPathFactory) -> DetectorInfo:
    """A detector of random weights."""
    return read_detector(random_weights(tmp_path_factory.mktemp("weights")))


@pytest.fixture(scope="session")
def detector(info: DetectorInfo) -> Detector:
    settle_rounding("cpu")
    return load_detector(info, "cpu")


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Makes each scene's clip once: `clips(moving, 60)`."""
    folder = tmp_path_factory.mktemp("clips")

    def make(paint: Callable[[int], Picture], length: int) -> Path:
        path = folder / f"{paint.__name__}-{length}.mp4"
        return path if path.exists() else clip(path, paint, length)

    return make


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    with Case.create(tmp_path / "case", number="C-1", examiner="A. Examiner") as made:
        yield made


@pytest.fixture
def moving_case(case: Case, clips: Callable[..., Path]) -> Case:
    """A case with one exhibit, E001: a swaying face, 60 frames."""
    from tests.analysis.clips import moving

    add_exhibit(case, clips(moving, 60))
    return case


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool
