"""Python's collector of cycles, kept to the window's thread.

Left to itself it runs in whichever thread has just made an object, and destroys what it finds: with
a cycle that nobody needs any more also objects of Qt's, which must not be destroyed by another
thread than their own. A timer that ran for one of them then fires into memory that was given back.
"""

import gc
import time

from PySide6.QtCore import QObject, QTimer

from workstation.analysis.libraries import loading

PERIOD_MS = 100
FULL_SECONDS = 30.0  # at least, between two looks at everything, which take longest


class Collector(QObject):
    """Collects cycles when the event loop is free, as often as Python would."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._full = time.monotonic()
        timer = QTimer(self)
        timer.timeout.connect(self.collect)
        timer.start(PERIOD_MS)

    def collect(self) -> None:
        """Collect as far as Python's own counts say that it is time.

        While the libraries of an analysis are loaded it would only go through all they bring.
        """
        if loading():
            return
        for generation in (2, 1, 0):
            if gc.get_count()[generation] <= gc.get_threshold()[generation]:
                continue
            if generation == 2:
                if time.monotonic() - self._full < FULL_SECONDS:
                    continue
                self._full = time.monotonic()
            gc.collect(generation)
            return


def keep_to_window(application: QObject) -> None:
    """Have cycles collected by the thread of an application's window alone, from now on.

    Args:
        application: to whose event loop that is left; doing it again changes nothing.
    """
    if application.findChild(Collector) is None:
        Collector(application)
