"""Curves come after the first picture, and never go missing."""

import subprocess
import sys

import pytest

from ui import thread_pool
from ui.stage import Stage
from ui.timeline import graphs
from ui.workbench import Workbench

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


def test_the_thread_that_loads_them_ends_when_they_are_there(qtbot, monkeypatch):
    def threads():
        return [one for one in thread_pool._started if one.objectName().startswith("curves")]

    loaded = []
    monkeypatch.setattr(graphs, "load", lambda: loaded.append(len(threads())))
    bench = Workbench()
    stage = Stage(bench)
    qtbot.addWidget(stage.player)
    qtbot.addWidget(stage.timeline)
    stage.player.frame_shown.emit(0)
    qtbot.waitUntil(lambda: loaded == [1] and not threads())
    stage.player.frame_shown.emit(1)
    assert (loaded, threads()) == ([1], [])
    stage.close_down()
    bench.close()
