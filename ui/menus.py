"""The menus, made from the table of actions, with the keys that the examiner chose."""

from collections.abc import Callable, Mapping

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from ui import keys
from ui.actions import ACTIONS


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
        action.setObjectName(facts.name)
        action.triggered.connect(lambda _=False, act=does[facts.name]: act())
        menu.addAction(action)
        made[facts.name] = action
    set_keys(made)
    return made


def set_keys(actions: Mapping[str, QAction]) -> None:
    """Put the keys in force that the examiner chose, or the defaults."""
    in_force = keys.in_force()
    for name, action in actions.items():
        action.setShortcuts([QKeySequence(text) for text in in_force[name]])


def enable(actions: Mapping[str, QAction], holds: Mapping[str, bool]) -> None:
    """Enable the actions whose needs hold."""
    for facts in ACTIONS:
        actions[facts.name].setEnabled(all(holds[need] for need in facts.needs.split()))
