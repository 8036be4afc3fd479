"""Every action of the window: where it stands in the menus, its shortcut, and when it applies."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu


class ActionFacts(NamedTuple):
    """One line of a menu.

    Attributes:
        needs: "" (always), "case", "writable", "exhibit" (one is selected), "detector" (one is
            installed), "analysis" (one is under way or waiting), "job".
        apart: whether a separator stands above it.
    """

    name: str
    menu: str
    text: str
    keys: str = ""
    needs: str = ""
    apart: bool = False


ACTIONS: Final = (
    ActionFacts("create_case", "&Case", "&Create a case…", "Ctrl+N"),
    ActionFacts("open_case", "&Case", "&Open a case…", "Ctrl+O"),
    ActionFacts("close_case", "&Case", "C&lose the case", "Ctrl+W", "case"),
    ActionFacts("verify_case", "&Case", "&Verify the case", "Ctrl+Shift+V", "case", True),
    ActionFacts("export_report", "&Case", "Export the signed &report…", "Ctrl+R", "writable"),
    ActionFacts("preferences", "&Case", "&Preferences…", "Ctrl+,", "", True),
    ActionFacts("quit", "&Case", "&Quit", "Ctrl+Q", "", True),
    ActionFacts("add_exhibits", "&Exhibit", "&Add exhibits…", "Ctrl+I", "writable"),
    ActionFacts("verify_exhibit", "&Exhibit", "&Verify the exhibit", "Ctrl+E", "exhibit"),
    ActionFacts("export_scores", "&Exhibit", "Export its &scores…", "Ctrl+S", "writable exhibit"),
    ActionFacts("previous_exhibit", "&Exhibit", "&Previous exhibit", "Ctrl+Up", "exhibit", True),
    ActionFacts("next_exhibit", "&Exhibit", "&Next exhibit", "Ctrl+Down", "exhibit"),
    ActionFacts(
        "analyse", "&Analysis", "&Analyse the selected", "Ctrl+G", "writable exhibit detector"
    ),
    ActionFacts(
        "analyse_all", "&Analysis", "Analyse &all exhibits", "Ctrl+Shift+G", "writable detector"
    ),
    ActionFacts("pause", "&Analysis", "&Pause or go on", "Ctrl+P", "analysis", True),
    ActionFacts("cancel", "&Analysis", "&Cancel the job under way", "Ctrl+.", "job"),
    ActionFacts("show_exhibits", "&View", "&Exhibits", "Ctrl+1", "case"),
    ActionFacts("show_player", "&View", "&Player", "Ctrl+2", "case"),
    ActionFacts("show_timeline", "&View", "&Timeline", "Ctrl+3", "case"),
    ActionFacts("show_inspector", "&View", "&Inspector", "Ctrl+4", "case"),
    ActionFacts("show_custody", "&View", "&Custody log", "Ctrl+5", "case"),
    ActionFacts("dark_theme", "&View", "&Dark theme", "", "", True),
    ActionFacts("light_theme", "&View", "&Light theme"),
    ActionFacts("system_theme", "&View", "Theme of the &system"),
    ActionFacts("full_screen", "&View", "&Full screen", "F11", "", True),
    ActionFacts("show_keys", "&Help", "&Keys", "F1"),
    ActionFacts("about", "&Help", "&About", ""),
)

PLAYER_KEYS: Final = (
    ("Space, K", "play or pause"),
    ("Left, Right", "one frame back or forward"),
    ("Shift+Left, Shift+Right", "ten frames"),
    ("Page Up, Page Down", "key frame before or after"),
    ("Home, End", "first or last frame"),
    ("[, ]", "slower or faster"),
    ("B", "face boxes on or off"),
    ("+, -, 0", "timeline: zoom in, zoom out, whole exhibit"),
)


def make_actions(
    window: QMainWindow, does: Mapping[str, Callable[[], object]]
) -> dict[str, QAction]:
    """Fill the menus; `does` says for every action what it does."""
    made: dict[str, QAction] = {}
    menus: dict[str, QMenu] = {}
    for facts in ACTIONS:
        menu = menus.get(facts.menu)
        if menu is None:
            menu = menus[facts.menu] = window.menuBar().addMenu(facts.menu)
        if facts.apart:
            menu.addSeparator()
        action = QAction(facts.text, window)
        action.setShortcut(QKeySequence(facts.keys))
        action.triggered.connect(lambda _=False, act=does[facts.name]: act())
        menu.addAction(action)
        made[facts.name] = action
    return made


def enable(actions: Mapping[str, QAction], holds: Mapping[str, bool]) -> None:
    """Enable the actions whose needs hold."""
    for facts in ACTIONS:
        actions[facts.name].setEnabled(all(holds[need] for need in facts.needs.split()))


def keys_text() -> str:
    """Every key in words, for the list under Help."""
    named = [(facts.keys, facts.text) for facts in ACTIONS if facts.keys]
    lines = [f"{keys:<26}{text.replace('&', '').rstrip('…')}" for keys, text in named]
    lines += ["", "Player and timeline"]
    return "\n".join(lines + [f"{keys:<26}{text}" for keys, text in PLAYER_KEYS])
