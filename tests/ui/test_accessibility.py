"""What a screen reader and a keyboard need, looked for in every window."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollBar, QWidget

from tests.ui.small_cases import finish_run, make_case
from ui import preferences
from ui.application import make_application
from ui.compare.window import CompareWindow
from ui.dialogs.case_dialog import CaseDialog
from ui.dialogs.clip_dialog import ClipDialog
from ui.dialogs.preferences_dialog import PreferencesDialog
from ui.dialogs.report_dialog import ReportDialog
from ui.main_window import MainWindow
from ui.marks.dialog import MarkDialog
from ui.search.palette import Palette
from ui.timeline.lanes_dialog import LanesDialog
from workstation.cases.marks import Mark, MarkKind

WAIT = 20_000


@pytest.fixture
def window(qtbot, tmp_path):
    make_application()
    with make_case(tmp_path / "case") as case:
        finish_run(case)
    made = MainWindow()
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    made.open_case(tmp_path / "case")
    qtbot.waitUntil(lambda: made.workbench.shown is not None, timeout=WAIT)
    qtbot.waitUntil(lambda: len(made.workbench.exhibits) == 2, timeout=WAIT)
    yield made
    made.close()


def focusable(top: QWidget) -> list[QWidget]:
    """Everything on screen in a window that Tab or a click can bring the keyboard to."""
    return [
        one
        for one in top.findChildren(QWidget)
        if one.isVisibleTo(top)
        and one.window() is top.window()
        and one.focusPolicy() != Qt.FocusPolicy.NoFocus
        and one.focusProxy() is None
        and not isinstance(one, QScrollBar)
        and not one.objectName().startswith("qt_")
    ]


def nameless(top: QWidget) -> list[str]:
    """Widgets of which a screen reader could say nothing but their kind."""
    found = []
    for one in focusable(top):
        reader = QAccessible.queryAccessibleInterface(one)
        if reader is None or not reader.text(QAccessible.Text.Name).strip():
            parents = []
            above = one.parentWidget()
            while above is not None and len(parents) < 4:
                parents.append(type(above).__name__)
                above = above.parentWidget()
            found.append(f"{type(one).__name__} in {' in '.join(parents)}")
    return found


def unreachable(top: QWidget) -> list[str]:
    """Widgets that take the keyboard on Tab, but are not in the chain that Tab follows."""
    chain, one = set(), top.nextInFocusChain()
    while one is not top and one not in chain:
        chain.add(one)
        one = one.nextInFocusChain()
    by_tab = [one for one in focusable(top) if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
    return [f"{type(one).__name__} {one.accessibleName()}" for one in by_tab if one not in chain]


def dialogs(window: MainWindow) -> list[QWidget]:
    view = window.workbench.view
    clip = Mark(MarkKind.CLIP, "E001", first=1, last=4)
    finding = Mark(MarkKind.FINDING, "E001")
    return [
        CaseDialog(window),
        ClipDialog("0 to 4", Path("reports"), "E001", ".mp4", 2, window),
        MarkDialog(clip, None, window),
        MarkDialog(finding, None, window),
        PreferencesDialog(window),
        ReportDialog(view, window),
        LanesDialog(window.workspace.stage.timeline.arrangement, {}, lambda: None, window),
        Palette([], "Find an action", window),
        CompareWindow(window),
    ]


def test_everything_that_takes_the_keyboard_has_a_name_and_a_place_in_the_order(window, qtbot):
    assert nameless(window) == []
    assert unreachable(window) == []
    for name in window.workspace.area.docks:
        window.workspace.show_panel(name)
        qtbot.wait(20)
        assert (name, nameless(window)) == (name, [])
    for dialog in dialogs(window):
        dialog.show()
        assert (type(dialog).__name__, nameless(dialog)) == (type(dialog).__name__, [])
        assert (type(dialog).__name__, unreachable(dialog)) == (type(dialog).__name__, [])
        dialog.close()


def test_tab_leads_all_around_past_what_lies_behind_and_back(window, qtbot):
    space = window.workspace
    window.activateWindow()
    space.stage.player.setFocus()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is space.stage.player, timeout=WAIT)
    stops = [space.stage.player]
    while len(stops) < 100:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        stops.append(QApplication.focusWidget())
        if stops[-1] is stops[0]:
            break
    assert stops[-1] is stops[0]
    assert len(set(stops)) == len(stops) - 1
    assert {space.stage.timeline, space.panels["exhibits"].view, space.panels["inspector"]} <= set(
        stops
    )
    behind = [space.area.docks[name] for name in ("queue", "tracks", "marks", "search")]
    assert not any(dock.isAncestorOf(stop) for dock in behind for stop in stops)
    parts = [space.area.part_of(stop) for stop in stops[:-1]]
    turn = parts.index(0)
    assert parts == sorted(parts[:turn]) + sorted(parts[turn:])
    qtbot.keyClick(stops[0], Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is stops[-2]


def test_buttons_without_words_explain_themselves(window):
    mute = [
        button.accessibleName() or type(button.parentWidget()).__name__
        for button in window.findChildren(QAbstractButton)
        if not button.text()
        and not button.toolTip()
        and not button.objectName().startswith("qt_")
        and type(button.parentWidget()).__name__ not in ("QLineEdit", "QTabBar")
    ]
    assert mute == []


def test_start_page_has_names(qtbot, tmp_path):
    make_application()
    preferences.remember_case(tmp_path)
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    assert nameless(window) == []
    assert unreachable(window) == []
    window.close()
