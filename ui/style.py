"""The style sheet, built from a theme's tokens."""

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import resources

if TYPE_CHECKING:
    from ui.theme import Theme

_SHEET = Template(
    """
* { outline: none; }
QWidget { color: $text; }
QMainWindow, QDialog { background: $surface_1; }
QToolTip { background: $surface_3; color: $text; border: 1px solid $edge; padding: 4px; }

QMenuBar { background: $surface_1; padding: 2px 8px; }
QMenuBar::item { padding: 4px 8px; background: transparent; border-radius: 3px; }
QMenuBar::item:selected { background: $surface_3; }
QMenu { background: $surface_2; border: 1px solid $line; padding: 4px 0; }
QMenu::item { padding: 5px 32px 5px 24px; }
QMenu::item:selected { background: $surface_3; }
QMenu::item:disabled { color: $not_scored; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }

QMainWindow::separator { background: $surface_0; width: 3px; height: 3px; }
QMainWindow::separator:hover { background: $accent; }
QDockWidget { color: $muted; }
QDialog[kind="palette"] { border: 1px solid $edge; }
QSplitter::handle { background: $surface_0; }
QSplitter::handle:hover { background: $accent; }
QSplitter::handle:horizontal { width: 3px; }
QSplitter::handle:vertical { height: 3px; }

QPushButton { background: $surface_2; border: 1px solid $edge; border-radius: 3px;
              padding: 6px 16px; min-height: 18px; }
QPushButton:hover { background: $surface_3; }
QPushButton:pressed { background: $surface_0; }
QPushButton:focus { border: 1px solid $focus; background: $surface_3; }
QPushButton:disabled { color: $not_scored; border-color: $line; }
QPushButton:default, QPushButton[primary="true"] { background: $accent; color: $on_accent;
              border: 1px solid $accent; }
QPushButton:default:focus, QPushButton[primary="true"]:focus { border: 2px solid $text;
              padding: 5px 15px; }
QPushButton:default:disabled, QPushButton[primary="true"]:disabled {
              background: $surface_2; color: $not_scored; border-color: $line; }
QPushButton[quiet="true"] { background: transparent; border: 1px solid transparent;
              padding: 4px 8px; text-align: left; }
QPushButton[quiet="true"]:hover { background: $surface_3; }
QPushButton[quiet="true"]:focus { border: 1px solid $focus; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 3px;
              padding: 4px; }
QToolButton:hover { background: $surface_3; }
QToolButton:focus { border: 1px solid $focus; }
QToolButton:checked { background: $surface_3; }
QToolButton:disabled { color: $not_scored; }

QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTextEdit { background: $surface_2;
              border: 1px solid $edge; border-radius: 3px; padding: 5px 8px;
              selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
              border: 1px solid $focus; }
QLineEdit:disabled { color: $not_scored; border-color: $line; }
QComboBox QAbstractItemView { background: $surface_2; border: 1px solid $edge;
              selection-background-color: $surface_3; selection-color: $text; }
QLineEdit { placeholder-text-color: $muted; }
QComboBox, QAbstractSpinBox { min-height: 18px; }
QComboBox::drop-down, QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none;
              width: 24px; background: transparent; }
QComboBox::down-arrow, QAbstractSpinBox::down-arrow { image: url("$icons/chevron-down.svg");
              width: 12px; height: 12px; }
QAbstractSpinBox::up-arrow { image: url("$icons/chevron-up.svg"); width: 12px; height: 12px; }
QCheckBox:focus, QRadioButton:focus { color: $focus; }
QCheckBox::indicator { width: 12px; height: 12px; border: 1px solid $edge; border-radius: 2px;
              background: $surface_2; }
QCheckBox::indicator:checked { width: 6px; height: 6px; border: 4px solid $accent;
              background: $on_accent; }
QCheckBox::indicator:focus { border-color: $focus; }
QRadioButton::indicator { width: 12px; height: 12px; border: 1px solid $edge; border-radius: 7px;
              background: $surface_2; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 4px solid $accent;
              background: $on_accent; }
QRadioButton::indicator:focus { border-color: $focus; }

QAbstractItemView { background: $surface_1; border: none; alternate-background-color: $surface_1;
              selection-background-color: $surface_3; selection-color: $text; }
QAbstractItemView::item:selected { background: $surface_3; color: $text; }
QListWidget:focus, QTableView:focus, QTreeView:focus, QScrollArea:focus {
              border: 1px solid $focus; }
QHeaderView { background: $surface_1; }
QHeaderView::section { background: $surface_1; color: $muted; border: none;
              border-bottom: 1px solid $line; padding: 4px 3px; font-size: 11px; }
QTabWidget::pane { border: none; }
QTabBar { background: $surface_1; }
QTabBar::tab { background: transparent; color: $muted; padding: 8px 9px; font-size: 11px;
              border: none; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar:focus { border: none; }
QTabBar::tab:focus { color: $focus; }

QProgressBar { background: $surface_3; border: none; border-radius: 1px; max-height: 4px;
              min-height: 4px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 1px; }

QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $line; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $edge; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea { border: 1px solid transparent; background: transparent; }

QLabel { background: transparent; }
QLabel[kind="title"] { font-size: 18px; }
QLabel[kind="heading"] { color: $muted; font-size: 11px; font-weight: 600; }
QLabel[kind="muted"] { color: $muted; }
QLabel[kind="small"] { color: $muted; font-size: 11px; }
QLabel[kind="danger"] { color: $danger; }
QFrame[kind="bar"] { background: $surface_1; border: none; }
QFrame[kind="panel"] { background: $surface_1; border: none; }
QFrame[kind="picture"] { background: $surface_0; border: none; }
QFrame[kind="banner"] { background: $surface_3; border: none; border-left: 3px solid $accent; }
QFrame[kind="banner"][danger="true"] { border-left: 3px solid $danger; }
QFrame[kind="line"] { background: $line; border: none; max-height: 1px; min-height: 1px; }
QFrame[kind="drop"] { background: $surface_2; border: 1px dashed $edge; border-radius: 4px; }
"""
)


def sheet(theme: "Theme") -> str:
    """The application's style sheet in a theme's colours."""
    icons = Path(resources.__file__).parent / "icons"
    tokens = {name: value for name, value in vars(theme).items() if isinstance(value, str)}
    return _SHEET.substitute(tokens, icons=icons.as_posix())
