"""How long the window holds still while it opens an exhibit with 1.3 million scored faces.

    python tests/performance/window_while_opening.py [--scores N] [--folder CASE]

Between any two turns of the event loop nothing is drawn and no key is heard. Printed are the
longest of these stretches, in processor time of the window's own thread and in wall-clock time; the
first says more on a machine that does other work.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from tests.performance.opening_a_case import build
from ui.application import make_application
from ui.main_window import MainWindow

BUDGET_SECONDS = 0.1
LISTED = 5


class Turns:
    """Notes how long each turn of the event loop took."""

    def __init__(self) -> None:
        self.longest: list[tuple[float, float]] = []  # processor, wall-clock seconds
        self._last = time.perf_counter(), time.thread_time()
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self._turned)
        self._timer.start()

    def forget(self) -> None:
        """Begin anew."""
        self.longest = []

    def _turned(self) -> None:
        now = time.perf_counter(), time.thread_time()
        (wall, processor), self._last = self._last, now
        self.longest.append((now[1] - processor, now[0] - wall))


def wait(holds, patience: float = 120.0) -> None:
    """Let the window go on until something holds."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not get there")
        QApplication.processEvents()


def main() -> int:
    """Open the case and say how long the window held still."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scores", type=int, default=1_300_000)
    parser.add_argument("--folder", type=Path)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CONFIG_HOME"] = str(Path(place) / "settings")
        folder = words.folder or Path(place) / "case"
        if not folder.exists():
            build(folder, 1, words.scores)
        make_application()
        window = MainWindow()
        window.resize(1280, 800)
        window.show()
        turns = Turns()
        wait(lambda: len(turns.longest) > 500)
        turns.forget()
        window.open_case(folder)
        bench, people = window.workbench, window.workspace.panels["tracks"]
        wait(lambda: bench.shown is not None and bench.shown.faces is not None)
        wait(lambda: bool(people.people))
        count = len(turns.longest)
        wait(lambda: len(turns.longest) > count + 500)
        window.close()
    for processor, wall in sorted(turns.longest, reverse=True)[:LISTED]:
        print(f"processor {processor * 1000:4.0f} ms   wall clock {wall * 1000:4.0f} ms")
    return int(max(turns.longest)[0] > BUDGET_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
