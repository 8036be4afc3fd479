"""`workstation-gui [DIR]`: starts the window."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QWidget

from ui import collecting, messages, preferences, theme
from workstation.commands import logbook
from workstation.commands.standard_streams import keep_standard_places
from workstation.evidence.isolation import launching

_log = logging.getLogger(__name__)

WAKE_MS = 250
SWITCH_SECONDS = 0.001  # how long a worker may keep Python from the window's thread
FOREIGN = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, with a case if its folder is given; returns the exit status."""
    keep_standard_places()
    parser = argparse.ArgumentParser(
        prog="workstation-gui", description="Open the window of the Deepfake Forensics Workstation."
    )
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="case folder to open")
    arguments = parser.parse_args(argv)
    logbook.begin("window")
    launching.prepare()  # loads the decoders while the window is made
    application = make_application()
    messages.install_hook()
    threading.excepthook = _uncaught_in_a_thread
    qInstallMessageHandler(_qt_says)
    sys.setswitchinterval(SWITCH_SECONDS)
    from ui.main_window import MainWindow
    from ui.timeline import graphs

    graphs.put_off()
    window = MainWindow()
    window.show()
    if preferences.trouble():
        window.banners.say("settings", preferences.trouble())
    if arguments.folder is not None:
        window.open_case(arguments.folder.absolute())
    _heed_interrupts(window)
    return application.exec()


def _uncaught_in_a_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is not None:
        messages.tell(what.exc_value)


def _qt_says(kind: QtMsgType, _: object, words: str) -> None:
    """What Qt complains of goes to the log, and to the console as before."""
    print(words, file=sys.stderr)
    if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg):
        _log.warning("Qt complains: %s", words)


def make_application() -> QApplication:
    """The application in our style and theme."""
    for name in FOREIGN:
        os.environ.pop(name, None)  # OpenCV points them at plugins that do not fit ours
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("Deepfake Forensics Workstation")
    application.setDesktopFileName("deepfake-forensics-workstation")
    application.setStyle("Fusion")
    collecting.keep_to_window(application)
    theme.keeper().follow_system()
    theme.keeper().choose(preferences.theme())
    return application


def _heed_interrupts(window: QWidget) -> None:
    """Close the window on Ctrl+C, which Python only notices when some Python code runs."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    timer = QTimer(window)
    timer.timeout.connect(lambda: None)
    timer.start(WAKE_MS)


if __name__ == "__main__":
    sys.exit(main())
