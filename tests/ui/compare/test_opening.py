"""The comparison opens on what is on screen, and another exhibit is read from the case."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from tests import videos
from ui.compare.opening import compare
from ui.player import PlayerWidget
from workstation.evidence.frame_index import build_frame_index


class Bench(QObject):
    """As much of the workbench as the comparison needs."""

    case_closed = Signal()

    def __init__(self, folder, index):
        super().__init__()
        exhibits = {
            n: SimpleNamespace(number=n, original_name="a.mp4", stored_name="a.mp4")
            for n in ("E001", "E002")
        }
        self.exhibits = tuple(SimpleNamespace(exhibit=one) for one in exhibits.values())
        self.shown = SimpleNamespace(exhibit=exhibits["E001"], path=folder / "a.mp4", index=index)
        self._case = SimpleNamespace(
            folder=folder, exhibits=SimpleNamespace(get=exhibits.get, index=lambda n: index)
        )

    def ask(self, question, answered):
        answered(question(self._case))


@pytest.fixture
def scene(qtbot, tmp_path):
    path = videos.make_video(tmp_path / "a.mp4", frames=40)
    index = build_frame_index(path)
    player, parent = PlayerWidget(), QWidget()
    qtbot.addWidget(player)
    qtbot.addWidget(parent)
    player.show_exhibit(path, index)
    player.seek(20)
    qtbot.waitUntil(lambda: player.current_frame == 20, timeout=30_000)
    yield Bench(tmp_path, index), player, parent
    player.close()


def test_it_begins_with_the_frame_on_screen_against_the_in_point(scene, qtbot):
    bench, player, parent = scene
    player.set_points(5, None)
    window = compare(bench, player, parent)
    seen = []
    window.pair.shown.connect(lambda left, right: seen.append((left.frame, right.frame)))
    qtbot.waitUntil(lambda: seen == [(20, 5)], timeout=30_000)
    assert "E001 · a.mp4" in window.windowTitle()
    window.right_wanted.emit("E002")
    qtbot.waitUntil(lambda: seen[-1] == (20, 20), timeout=30_000)
    assert "E002 · a.mp4" in window.windowTitle()
    bench.case_closed.emit()
    assert window.closed


def test_without_an_exhibit_there_is_nothing_to_compare(scene):
    bench, player, parent = scene
    bench.shown = None
    assert compare(bench, player, parent) is None
