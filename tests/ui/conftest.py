"""What every test of the window needs: no display, no settings of the person running it."""

import os
import time

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from ui import collecting, thread_pool


@pytest.fixture(autouse=True)
def private_settings(tmp_path_factory, monkeypatch):
    """Settings begin empty in every test."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))


@pytest.fixture(autouse=True)
def collected_here(qapp):
    """Nothing of Qt's that a test leaves behind is destroyed by another thread."""
    collecting.keep_to_window(qapp)


@pytest.fixture
def person(qtbot, qapp, monkeypatch, tmp_path):
    """An examiner with a keyboard and a mouse, before a window on a real X server."""
    from tests.ui.person import Person
    from tests.ui.reviewing import sitting

    assert qapp.platformName() == "xcb"
    with sitting(qtbot, monkeypatch, tmp_path, Person) as made:
        yield made


@pytest.fixture(autouse=True)
def no_leaked_worker():
    """Every pool that a test made has ended its threads."""
    yield
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = [worker for worker in thread_pool._started if not worker.isFinished()]
        if not left:
            return
        time.sleep(0.01)
    pytest.fail(f"threads left running: {[worker.objectName() for worker in left]}")
