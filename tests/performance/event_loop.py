"""How late the window's event loop runs, idle and while an exhibit is analysed; prints.

Run with `./run python tests/performance/event_loop.py [CLIP]`. A timer is due every few
milliseconds; what is measured is how much later than due it fires. Without weights, random ones do
the same work. Exit status 0 when 99 % of the delays during the analysis are under 20 ms and none is
over 100 ms that the idle window does not show too.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="workstation-event-loop-")

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

import resources
from ui.application import make_application
from ui.jobs import JobState
from ui.main_window import MainWindow
from workstation.analysis.detector import available_detectors
from workstation.cases.case import Case
from workstation.evidence.intake import add_exhibit

PERIOD_MS = 5
IDLE_SECONDS = 15
SMOOTH_MS, STALL_MS = 20.0, 100.0


class DelayMeter:
    """Collects how late a precise timer fires."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self._due = time.perf_counter() + PERIOD_MS / 1000
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._fired)
        self._timer.start(PERIOD_MS)

    def _fired(self) -> None:
        now = time.perf_counter()
        self.delays.append(max(0.0, now - self._due) * 1000)
        self._due = now + PERIOD_MS / 1000

    def stop(self) -> np.ndarray:
        """End and give the delays, ms."""
        self._timer.stop()
        return np.array(self.delays)


def wait(seconds: float) -> None:
    """Let the event loop run."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def report(name: str, delays: np.ndarray) -> None:
    """Print percentiles."""
    middle, high, most = np.percentile(delays, [50, 99, 100])
    late = int((delays > STALL_MS).sum())
    print(
        f"{name:<9} {len(delays):>6} delays   median {middle:6.2f}   99 % {high:6.2f}   "
        f"most {most:7.2f} ms   over {STALL_MS:.0f} ms: {late}"
    )


def analysed(window: MainWindow, number: str, seconds: float) -> None:
    """Queue the analysis and let the event loop run until it ends, or for so long.

    Raises:
        RuntimeError: it did not come to its end.
    """
    loop = QEventLoop()
    ended = []
    jobs = window.workbench.jobs
    jobs.job_ended.connect(lambda job: (ended.append(job), loop.quit()))
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    window.workbench.analyse([number])
    loop.exec()
    if not ended or ended[0].state is not JobState.DONE:
        raise RuntimeError(f"the analysis did not end well: {[job.error for job in ended]}")


def main() -> int:
    """Measure idle, then during the analysis."""
    private = Path(os.environ["XDG_CONFIG_HOME"])
    clip = (
        Path(sys.argv[1])
        if len(sys.argv) > 1
        else resources.FOLDER / "demonstration/demonstration.mp4"
    )
    if not available_detectors():
        from tests.weights import random_weights

        folder = private / "weights"
        folder.mkdir()
        random_weights(folder)
        os.environ["WORKSTATION_WEIGHTS"] = str(folder)
    application = make_application()
    with Case.create(private / "case", number="1", examiner="Benchmark") as case:
        number = add_exhibit(case, clip).number
        folder = case.folder
    window = MainWindow()
    window.resize(1920, 1080)
    window.show()
    window.open_case(folder)
    wait(3)
    meter = DelayMeter()
    wait(IDLE_SECONDS)
    idle = meter.stop()
    meter, begun = DelayMeter(), time.perf_counter()
    analysed(window, number, 600)
    busy = meter.stop()
    report("idle", idle)
    report("analysis", busy)
    print(f"analysis took {time.perf_counter() - begun:.1f} s")
    wait(1)
    window.close()
    wait(0.5)
    application.quit()
    smooth = np.percentile(busy, 99) < SMOOTH_MS
    stalled = (busy > max(STALL_MS, idle.max())).any()
    shutil.rmtree(private)
    return int(not smooth or stalled)


if __name__ == "__main__":
    sys.exit(main())
