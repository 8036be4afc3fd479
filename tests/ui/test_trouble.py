"""Two programs on one case, and what the window says of faults of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from tests.ui.small_cases import make_case
from tests.videos import make_video
from ui import messages, preferences
from ui.application import make_application
from ui.holding import FREE, OUT_OF_SIGHT
from ui.main_window import MainWindow
from ui.problems import FaultDialog
from workstation.cases.case import Case
from workstation.commands import logbook
from workstation.errors import WorkstationError

ROOT = Path(__file__).parents[2]
WAIT = 20_000
HOLDER = """
import sys
from workstation.cases.case import Case
with Case.open(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def window(qtbot, qapp, monkeypatch):
    monkeypatch.setattr("ui.holding.LOOK_MS", 50)
    make_application()
    made = MainWindow()
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path):
    make_case(tmp_path / "case").close()
    return tmp_path / "case"


def opened(window, qtbot, folder):
    window.open_case(folder)
    qtbot.waitUntil(lambda: window.workbench.view is not None, timeout=WAIT)


def banner(window, cause):
    return window.banners._banners[cause]


def test_a_case_that_another_program_has_is_shown_until_it_is_free(window, qtbot, folder):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "open\n"
        opened(window, qtbot, folder)
        assert not window.workbench.writable
        said = banner(window, "locked").text
        assert f"process {holder.pid}" in said
        assert said.count("read") == 0
        assert not window.actions_by_name["add_exhibits"].isEnabled()
        holder.kill()
    qtbot.waitUntil(lambda: banner(window, "locked").text == FREE, timeout=WAIT)
    window.workbench.view = None
    (button,) = banner(window, "locked")._buttons
    assert button.text() == "Open for writing"
    button.click()
    qtbot.waitUntil(lambda: window.workbench.writable, timeout=WAIT)
    assert not window.banners.shows("locked")


def test_a_case_that_is_free_by_the_first_look_is_said_to_be(window, qtbot, folder, monkeypatch):
    monkeypatch.setattr("ui.holding.is_held", lambda _: False)
    with Case.open(folder):
        opened(window, qtbot, folder)
    qtbot.waitUntil(lambda: banner(window, "locked").text == FREE, timeout=WAIT)


def test_what_cannot_be_seen_is_not_said_to_be_free_and_is_looked_for_again(
    window, qtbot, folder, monkeypatch
):
    seen = [None]
    monkeypatch.setattr("ui.holding.is_held", lambda _: seen[0])
    with Case.open(folder):
        opened(window, qtbot, folder)
        said = window.workbench.view.locked_by
        unseen = OUT_OF_SIGHT.format(said)
        qtbot.waitUntil(lambda: banner(window, "locked").text == unseen, timeout=WAIT)
        for held, text in ((True, said), (None, unseen), (False, FREE)):
            seen[0] = held
            qtbot.waitUntil(lambda text=text: banner(window, "locked").text == text, timeout=WAIT)


def test_a_command_is_told_that_the_window_has_the_case(window, qtbot, folder, tmp_path):
    opened(window, qtbot, folder)
    assert window.workbench.writable
    clip = make_video(tmp_path / "clip.mp4", frames=5)

    def command(*words):
        asked = [sys.executable, "-m", "workstation", *map(str, words)]
        return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)

    refused = command("exhibit", "add", folder, clip)
    assert refused.returncode == 1
    assert f"process {os.getpid()}" in refused.stderr
    assert command("case", "show", folder).returncode == 0
    assert command("case", "verify", folder, "--read-only").returncode == 1  # made without files
    with Case.open(folder, read_only=True) as case:
        assert case.custody.verify().intact


def test_a_folder_that_cannot_be_written_is_not_watched(window, qtbot, folder, monkeypatch):
    monkeypatch.setattr("workstation.cases.lock.WriteLock.__init__", refuse_writing)
    opened(window, qtbot, folder)
    assert "cannot be written" in banner(window, "locked").text
    qtbot.wait(200)
    assert banner(window, "locked").text != FREE


def refuse_writing(_lock, folder):
    from workstation.errors import CaseUnwritable

    raise CaseUnwritable(f"The case folder “{folder.name}” cannot be written.", "Change that.")


def test_a_fault_says_where_the_log_lies_and_offers_the_report(
    window, qtbot, tmp_path, monkeypatch, caplog
):
    messages.tell(KeyError("Zebulon"))
    (dialog,) = window.findChildren(FaultDialog)
    said = messages.message_for(KeyError("x")).sentence
    assert str(logbook.folder()) in said
    path = tmp_path / "problem.txt"
    monkeypatch.setattr(QFileDialog, "open", lambda asked: asked.fileSelected.emit(str(path)))
    dialog.save.click()
    qtbot.waitUntil(lambda: window.banners.shows("problem"), timeout=WAIT)
    text = path.read_text(encoding="utf-8")
    assert "theme: dark" in text
    assert "Zebulon" not in text
    dialog.reject()


def test_settings_that_cannot_be_saved_are_said(tmp_path, qapp, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    with pytest.raises(WorkstationError, match="settings could not be saved"):
        preferences.keep(theme="dark", device="cpu", workers=1)
    assert preferences.device() == "auto"
