"""Curves come after the first picture, and never go missing."""

import subprocess
import sys

import pytest

from ui.timeline import graphs

WATCH = """
import sys
from ui import application
from ui.timeline import graphs
from ui.main_window import MainWindow
assert "pyqtgraph" not in sys.modules
graphs.put_off()
assert graphs.functions() is None
application.make_application()
window = MainWindow()
assert "pyqtgraph" not in sys.modules
graphs.load()
assert graphs.functions() is sys.modules["pyqtgraph.functions"]
window.close()
"""


@pytest.fixture
def fresh(monkeypatch):
    monkeypatch.setattr(graphs, "_functions", None)
    monkeypatch.setattr(graphs, "_put_off", False)


def test_without_a_window_to_wait_for_curves_are_there_at_once(fresh):
    assert graphs.functions() is not None


def test_put_off_there_are_none_until_they_are_loaded(fresh):
    graphs.put_off()
    assert graphs.functions() is None
    graphs.load()
    assert graphs.functions() is not None


def test_a_window_is_made_without_them():
    done = subprocess.run(
        [sys.executable, "-c", WATCH], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
