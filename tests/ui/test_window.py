"""The window from the start page to a signed report, on small synthetic exhibits."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QWidget

from tests.ui.small_cases import CARD, Scripted
from tests.videos import make_sound, make_video
from ui import keys, messages, preferences, theme
from ui.actions import ACTIONS
from ui.application import make_application
from ui.dialogs.case_dialog import CaseDialog
from ui.dialogs.details_dialog import DetailsDialog
from ui.dialogs.preferences_dialog import PreferencesDialog
from ui.dialogs.question_dialog import QuestionDialog
from ui.dialogs.report_dialog import ReportDialog, ReportOrder, WrittenDialog, report_job
from ui.exhibits.model import ROW_ROLE
from ui.main_window import MainWindow
from ui.start_page import INVITATION, OPENING
from workstation.analysis.detector import DetectorInfo
from workstation.cases.case import Case
from workstation.cases.records import RunOutcome
from workstation.commands.answers import one_line

WAIT = 20_000


@pytest.fixture
def script(monkeypatch, tmp_path):
    info = DetectorInfo("test", "Test detector", tmp_path / "card.json", CARD, "ab" * 32)
    scripted = Scripted()
    monkeypatch.setattr("workstation.analysis.detector.default_detector", lambda: info)
    monkeypatch.setattr("workstation.analysis.pipeline.run_analysis", scripted)
    monkeypatch.setattr("ui.analysis_job.load_torch_libraries", lambda: True)
    return scripted


@pytest.fixture
def window(qtbot, qapp):
    make_application()
    made = MainWindow()
    qtbot.addWidget(made)
    made.show()
    yield made
    if made.workbench.jobs is not None:
        made.workbench.stop_jobs()
        qtbot.waitUntil(lambda: not made.workbench.jobs.busy, timeout=WAIT)
    made.close()
    theme.keeper().choose("dark")


@pytest.fixture
def clip(tmp_path):
    return make_video(tmp_path / "clip ‮نص‬ 'ü' 🎬.mp4", frames=40)


def dialogs(window, kind):
    return [one for one in window.findChildren(kind) if one.isVisible()]


def create(window, qtbot, folder):
    window.workbench.create_case(folder, number="2026-1", examiner="A. Examiner", title="R v X")
    qtbot.waitUntil(lambda: window.workbench.view is not None, timeout=WAIT)


def settle(window, qtbot, exhibits=None):
    bench = window.workbench
    qtbot.waitUntil(lambda: not bench.jobs.busy, timeout=WAIT)
    if exhibits is not None:
        qtbot.waitUntil(lambda: len(bench.exhibits) == exhibits, timeout=WAIT)


def drop(window, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(QPoint(10, 10)),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def test_from_the_start_page_to_a_signed_report(window, qtbot, script, clip, tmp_path):
    qtbot.mouseClick(window.start_page.create_button, Qt.MouseButton.LeftButton)
    [dialog] = dialogs(window, CaseDialog)
    dialog.accept()
    assert dialog.problem.isVisible()
    dialog.number.setText("2026-1")
    dialog.examiner.setText("A. Examiner")
    dialog.folder.setText(str(tmp_path / "case"))
    dialog.accept()
    qtbot.waitUntil(lambda: window.workbench.view is not None, timeout=WAIT)

    drop(window, clip, make_sound(tmp_path / "sound.wav"))
    settle(window, qtbot, exhibits=1)
    model = window.workspace.panels["exhibits"].model
    qtbot.waitUntil(lambda: model.rowCount() == 2, timeout=WAIT)
    rows = [model.index(n).data(ROW_ROLE) for n in range(2)]
    assert rows[0].name == one_line(clip.name)
    assert rows[0].state == "not analysed"
    assert rows[1].state.startswith("refused: ")
    assert any("sound.wav was refused" in text for text in window.banners.texts())

    stage = window.workspace.stage
    qtbot.waitUntil(lambda: stage.player.current_frame == 0, timeout=WAIT)
    window.workbench.analyse_all()
    settle(window, qtbot)
    qtbot.waitUntil(
        lambda: (
            window.workbench.shown is not None
            and window.workbench.shown.run is not None
            and window.workbench.shown.run.outcome is RunOutcome.COMPLETE
        ),
        timeout=WAIT,
    )
    qtbot.waitUntil(lambda: "supports" in model.index(0).data(ROW_ROLE).state, timeout=WAIT)
    stage.timeline.seek_requested.emit(17)
    qtbot.waitUntil(lambda: stage.player.current_frame == 17, timeout=WAIT)
    assert stage.timeline.playhead_frame == 17

    output = tmp_path / "report.pdf"
    window.workbench.add_job(report_job(ReportOrder(output, None, "", False)))
    qtbot.waitUntil(lambda: bool(dialogs(window, WrittenDialog)), timeout=60_000)
    [written] = dialogs(window, WrittenDialog)
    assert written._written.valid, written._written.sentences
    assert output.read_bytes().startswith(b"%PDF")
    written.reject()
    with Case.open(window.workbench.view.folder, read_only=True) as case:
        assert case.custody.verify().intact
        assert [entry.act for entry in case.custody.entries()][-1] == "report signed"


def test_closing_during_analysis_asks_and_stops_cleanly(window, qtbot, script, clip, tmp_path):
    script.hold_at = 10
    create(window, qtbot, tmp_path / "case")
    window.workbench.add_exhibits([clip])
    settle(window, qtbot, exhibits=1)
    window.workbench.analyse(["E001"])
    assert script.held.wait(5)
    assert not window.close()
    [question] = dialogs(window, QuestionDialog)
    question.reject()
    assert window.workbench.jobs.busy
    assert not window.close()
    [question] = dialogs(window, QuestionDialog)
    question.accept()
    assert any("Stopping" in text for text in window.banners.texts())
    script.go.set()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=WAIT)
    with Case.open(tmp_path / "case") as case:
        [run] = case.runs.interrupted()
        assert run.frames_done == 10
    assert preferences.waiting_exhibits(tmp_path / "case") == ["E001"]


def test_unfinished_analysis_is_offered_and_goes_on(window, qtbot, script, clip, tmp_path):
    create(window, qtbot, tmp_path / "case")
    window.workbench.add_exhibits([clip])
    settle(window, qtbot, exhibits=1)
    window.workbench.close_case()
    preferences.remember_waiting(tmp_path / "case", ["E001"])
    drop(window, tmp_path / "case")
    qtbot.waitUntil(
        lambda: any("E001 was not finished" in text for text in window.banners.texts()),
        timeout=WAIT,
    )
    window.workbench.analyse(window.workbench.view.unfinished)
    settle(window, qtbot)
    qtbot.waitUntil(
        lambda: (
            window.workbench.exhibits[0].run is not None
            and window.workbench.exhibits[0].run.outcome is RunOutcome.COMPLETE
        ),
        timeout=WAIT,
    )


def test_a_case_open_elsewhere_disables_writing(window, qtbot, script, tmp_path):
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner"):
        window.open_case(tmp_path / "case")
        qtbot.waitUntil(lambda: window.workbench.view is not None, timeout=WAIT)
        assert any("not changed" in text for text in window.banners.texts())
        assert not window.actions_by_name["add_exhibits"].isEnabled()
        assert not window.actions_by_name["export_report"].isEnabled()
        assert window.actions_by_name["verify_case"].isEnabled()
        window.workbench.close_case()
        qtbot.waitUntil(lambda: window.workbench.view is None)


def test_the_offer_to_continue_goes_with_what_is_continued(window, qtbot, script, tmp_path):
    create(window, qtbot, tmp_path / "case")
    window.workbench.add_exhibits(
        [make_video(tmp_path / f"{count}.mp4", frames=count) for count in (5, 6)]
    )
    settle(window, qtbot, exhibits=2)
    window._offer_to_continue(("E001", "E002"))
    window._offer_what_is_left()
    assert "E001, E002" in window.banners.texts()[0]
    window.workbench.jobs.pause()
    window.workbench.analyse(["E001"])
    window._offer_what_is_left()
    assert "of E002 was" in window.banners.texts()[0]
    window.workbench.analyse(["E002"])
    window._offer_what_is_left()
    assert not window.banners.texts()
    window.workbench.jobs.resume()
    settle(window, qtbot)


def test_without_weights_it_says_so_and_does_not_score(window, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr("workstation.analysis.detector.available_detectors", list)
    window.workbench.look_for_detectors()
    qtbot.waitUntil(
        lambda: any(
            text.startswith("No detector weights are installed; nothing will be scored.")
            for text in window.banners.texts()
        ),
        timeout=WAIT,
    )
    create(window, qtbot, tmp_path / "case")
    assert not window.actions_by_name["analyse_all"].isEnabled()


def test_verification_tells_an_altered_exhibit(window, qtbot, script, clip, tmp_path):
    create(window, qtbot, tmp_path / "case")
    window.workbench.add_exhibits([clip])
    settle(window, qtbot, exhibits=1)
    stored = tmp_path / "case" / window.workbench.exhibits[0].exhibit.stored_name
    stored.chmod(0o600)
    content = bytearray(stored.read_bytes())
    content[-1] ^= 1
    stored.write_bytes(content)
    window.workbench.verify()
    settle(window, qtbot)
    qtbot.waitUntil(lambda: window.workbench.exhibits[0].verification == "altered", timeout=WAIT)
    assert any("1 altered" in text for text in window.banners.texts())


def test_a_fault_of_the_program_shows_its_details(window, qtbot, caplog):
    messages.tell(KeyError("odd"))
    qtbot.waitUntil(lambda: bool(dialogs(window, DetailsDialog)))
    [dialog] = dialogs(window, DetailsDialog)
    assert "KeyError" in dialog._details.toPlainText()
    dialog.accept()
    assert dialog.isVisible()
    dialog.reject()


def test_files_dropped_without_a_case_are_answered(window, clip):
    drop(window, clip)
    assert any("Create or open a case first" in text for text in window.banners.texts())


def test_preferences_are_kept_and_put_in_force(window, qtbot):
    dialog = PreferencesDialog(window)
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    dialog.device.setCurrentIndex(dialog.device.findData("cpu"))
    dialog.workers.setValue(1)
    dialog.accept()
    assert (preferences.theme(), preferences.device(), preferences.workers()) == ("light", "cpu", 1)
    assert theme.current().name == "light"


def test_the_report_dialog_wants_an_identity(window, qtbot, tmp_path):
    create(window, qtbot, tmp_path / "case")
    dialog = ReportDialog(window.workbench.view, window)
    assert dialog.order().pkcs12 is None
    assert dialog.order().output.parent == tmp_path / "case" / "reports"
    dialog.from_file.setChecked(True)
    dialog.accept()
    assert dialog.problem.text().startswith("Choose the PKCS#12 file")
    dialog.pkcs12.setText(str(tmp_path / "me.p12"))
    dialog.passphrase.setText("secret")
    dialog.accept()
    assert dialog.order() == ReportOrder(
        dialog.order().output, tmp_path / "me.p12", "secret", False
    )


def test_every_action_is_in_a_menu_and_no_key_is_taken_twice(window):
    assert keys.conflicts(keys.defaults()) == {}
    assert {facts.name for facts in ACTIONS} == set(window.actions_by_name)
    shown = {action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    assert set(window.actions_by_name.values()) <= shown


def test_everything_that_takes_the_keyboard_has_a_name(window, qtbot, tmp_path):
    create(window, qtbot, tmp_path / "case")
    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and widget.focusProxy() is None
        and not (widget.accessibleName() or getattr(widget, "text", str)())
    ]
    assert [f"{type(one).__name__} in {type(one.parent()).__name__}" for one in nameless] == []


def test_while_a_case_is_opened_the_start_page_says_so(window, qtbot, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(messages, "tell", told.append)
    sentence = window.start_page.sentence
    window.open_case(tmp_path / "nothing here")
    assert sentence.text() == OPENING
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT)
    assert sentence.text() == INVITATION
    Case.create(tmp_path / "case", number="1", examiner="A. Examiner").close()
    window.open_case(tmp_path / "case")
    assert sentence.text() == OPENING
    qtbot.waitUntil(lambda: window.workbench.view is not None, timeout=WAIT)
    assert sentence.text() == INVITATION


def test_a_window_that_showed_no_case_keeps_no_widths(qtbot, qapp, tmp_path):
    make_application()
    Case.create(tmp_path / "case", number="1", examiner="A. Examiner").close()
    widths = []
    for folder in (None, tmp_path / "case", tmp_path / "case"):
        made = MainWindow()
        qtbot.addWidget(made)
        made.resize(1400, 900)
        made.show()
        if folder is not None:
            made.open_case(folder)
            docks = made.workspace.area.docks
            qtbot.waitUntil(lambda d=docks: d["inspector"].width() > 300, timeout=WAIT)
            widths.append(docks["inspector"].width())
        made.close()
    assert widths[0] == widths[1]


def test_opening_the_window_does_not_load_torch(tmp_path):
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner"):
        pass
    code = (
        "import sys; from pathlib import Path\n"
        "from PySide6.QtCore import QEventLoop, QTimer\n"
        "from ui.application import make_application\n"
        "app = make_application()\n"
        "from ui.main_window import MainWindow\n"
        "window = MainWindow(); window.show(); window.open_case(Path(sys.argv[1]))\n"
        "loop = QEventLoop(); window.workbench.exhibits_changed.connect(loop.quit)\n"
        "QTimer.singleShot(15000, loop.quit); loop.exec()\n"
        "assert window.workbench.view is not None\n"
        "assert window.close()\n"
        "heavy = {'torch', 'torchvision', 'reportlab', 'pyhanko', 'facenet_pytorch'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "case")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_no_worker_outlives_the_window(window, qtbot, tmp_path):
    before = threading.active_count()
    create(window, qtbot, tmp_path / "case")
    assert window.close()
    assert threading.active_count() <= before + 1


def test_the_players_keys_are_heard_in_the_list_of_exhibits(window, qtbot, tmp_path, clip):
    create(window, qtbot, tmp_path / "case")
    drop(window, clip)
    settle(window, qtbot, exhibits=1)
    player = window.workspace.stage.player
    qtbot.waitUntil(lambda: player.current_frame == 0, timeout=WAIT)
    listed = window.workspace.panels["exhibits"].view
    for key, shown in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 1)):
        qtbot.keyClick(listed, key)
        qtbot.waitUntil(lambda shown=shown: player.current_frame == shown, timeout=WAIT)
    qtbot.keyClick(listed, Qt.Key.Key_K)
    assert player.playing
    qtbot.keyClick(listed, Qt.Key.Key_Space)
    assert not player.playing
