"""`workstation-gui [DIR]`: starts the window."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from ui import messages, preferences, theme

WAKE_MS = 250
SWITCH_SECONDS = 0.001  # how long a worker may keep Python from the window's thread
FOREIGN = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window, with a case if its folder is given; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="workstation-gui", description="Open the window of the Deepfake Forensics Workstation."
    )
    parser.add_argument("folder", metavar="DIR", nargs="?", type=Path, help="case folder to open")
    arguments = parser.parse_args(argv)
    application = make_application()
    messages.install_hook()
    sys.setswitchinterval(SWITCH_SECONDS)
    from ui.main_window import MainWindow

    window = MainWindow()
    window.show()
    if arguments.folder is not None:
        window.open_case(arguments.folder.absolute())
    _heed_interrupts(window)
    return application.exec()


def make_application() -> QApplication:
    """The application in our style and theme."""
    for name in FOREIGN:
        os.environ.pop(name, None)  # OpenCV points them at plugins that do not fit ours
    existing = QApplication.instance()
    application = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    application.setApplicationName("Deepfake Forensics Workstation")
    application.setDesktopFileName("deepfake-forensics-workstation")
    application.setStyle("Fusion")
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
