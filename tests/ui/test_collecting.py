"""No other thread than the window's destroys what belongs to the window."""

import threading
import weakref

from PySide6.QtCore import QObject, QTimer

from ui.collecting import PERIOD_MS, Collector, keep_to_window
from workstation.analysis import libraries

BUSY = 20_000  # objects, many times as many as have Python look for cycles


class Held(QObject):
    """Something of Qt's in a cycle, with a timer that runs."""

    def __init__(self):
        super().__init__()
        self.itself = self
        self.timer = QTimer(self)
        self.timer.start(1)


def destroyed_by(named):
    """A list that gets the thread in which an object is let go of."""
    threads = []
    weakref.finalize(named, lambda: threads.append(threading.current_thread()))
    return threads


def busy_thread():
    kept = []
    thread = threading.Thread(target=lambda: kept.extend([number] for number in range(BUSY)))
    thread.start()
    thread.join()
    return kept


def test_what_a_cycle_holds_is_destroyed_by_the_windows_thread(qtbot, qapp):
    threads = [destroyed_by(Held()) for _ in range(5)]
    kept = busy_thread()
    assert threads == [[]] * 5
    qtbot.waitUntil(lambda: all(threads), timeout=60_000)
    assert {thread for (thread,) in threads} == {threading.main_thread()}
    assert len(kept) == BUSY


def test_there_is_one_collector(qapp):
    keep_to_window(qapp)
    keep_to_window(qapp)
    assert len(qapp.findChildren(Collector)) == 1


def test_everything_is_looked_at_now_and_then(qtbot, qapp, monkeypatch):
    asked = []
    collector = qapp.findChild(Collector)
    monkeypatch.setattr("ui.collecting.gc.get_count", lambda: (0, 0, 11))
    monkeypatch.setattr("ui.collecting.gc.collect", asked.append)
    monkeypatch.setattr(collector, "_full", collector._full - 60)
    qtbot.wait(5 * PERIOD_MS)
    assert asked == [2]


def test_it_rests_while_libraries_are_loaded(qtbot, qapp, monkeypatch):
    asked = []
    monkeypatch.setattr("ui.collecting.gc.get_count", lambda: (10_000, 0, 0))
    monkeypatch.setattr("ui.collecting.gc.collect", asked.append)
    libraries._loading.set()
    try:
        qtbot.wait(3 * PERIOD_MS)
        assert not asked
    finally:
        libraries._loading.clear()
    qtbot.waitUntil(lambda: bool(asked))
    assert set(asked) == {0}
