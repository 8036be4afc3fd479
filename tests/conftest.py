"""Guards that every test passes through: no leaked thread, no unexpected line in the log."""

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).parent.parent
GRACE_SECONDS = 5.0
_PRIVATE_FOLDERS = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
# How long an example takes says what else the machine does, and nothing about what is tested.
settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

_private = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    # Settings, identities and weights of whoever runs the tests neither steer nor suffer them.
    folder = tempfile.mkdtemp(prefix="workstation-tests-")
    config.stash[_private] = folder
    for name in _PRIVATE_FOLDERS:
        os.environ[name] = str(Path(folder) / name.lower())


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_private], ignore_errors=True)


def _threads() -> set[threading.Thread]:
    """Python's own threads; a Qt thread shows up as a dummy for as long as the process lives."""
    return {
        thread
        for thread in threading.enumerate()
        if not isinstance(thread, threading._DummyThread) and type(thread).__name__ != "TMonitor"
    }


@pytest.fixture(autouse=True)
def no_leaked_thread() -> Iterator[None]:
    before = _threads()
    yield
    deadline = time.monotonic() + GRACE_SECONDS
    while (leaked := _threads() - before) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not leaked, f"threads left running: {sorted(thread.name for thread in leaked)}"


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail on a warning or error in the log; a test that asks for `caplog` judges it itself."""
    collector = _Collector()
    logging.getLogger().addHandler(collector)
    yield
    logging.getLogger().removeHandler(collector)
    if "caplog" not in request.fixturenames:
        assert not collector.lines, f"unexpected in the log: {collector.lines}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of the labelled development clips; tests that need it are skipped without it."""
    folder = Path(os.environ.get("WORKSTATION_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "videos" / "manifest.csv").is_file():
        pytest.skip("the labelled development clips are not here")
    return folder
