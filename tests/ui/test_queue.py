"""The queue can be put into another order, by hand and by keys."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Qt, Signal

from ui.job_queue import JobQueue
from ui.jobs import Job
from ui.queue_panel import QueuePanel


class Waiting(Job):
    lane = kind = "analysis"


class Bench(QObject):
    case_opened = Signal(object)
    case_closed = Signal()
    jobs = None


@pytest.fixture
def queue(qtbot):
    made = JobQueue(lambda: SimpleNamespace(), workers=1, device="cpu")
    made.pause()
    for name in ("E001", "E002", "E003"):
        made.add(Waiting(f"Analysing {name}", name))
    yield made
    made.close()


def order(queue):
    return [job.subject for job in queue.jobs()]


def test_what_waits_comes_sooner_or_later(queue):
    first, _, last = queue.jobs()
    queue.move(last, -1)
    assert order(queue) == ["E001", "E003", "E002"]
    queue.move(first, 5)
    assert order(queue) == ["E003", "E002", "E001"]
    queue.move(first, -9)
    assert order(queue) == ["E001", "E003", "E002"]
    queue.cancel(first)
    queue.move(first, 1)
    assert order(queue) == ["E003", "E002"]
    assert not queue.waits(first)


def test_the_panel_moves_with_keys_and_keeps_the_job_in_hand(queue, qtbot):
    bench = Bench()
    panel = QueuePanel(bench)
    qtbot.addWidget(panel)
    bench.jobs = queue
    bench.case_opened.emit(None)
    panel.view.step(3)
    assert panel.view.current().subject == "E003"
    qtbot.keyClick(panel, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert order(queue) == ["E001", "E003", "E002"]
    assert panel.view.current().subject == "E003"
    qtbot.keyClick(panel, Qt.Key.Key_Delete)
    assert order(queue) == ["E001", "E002"]
    assert [line.detail for line in panel.view.lines.lines] == ["waiting", "waiting"]
