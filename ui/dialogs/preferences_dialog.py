"""Asks how the window looks and what analysis runs on."""

from PySide6.QtWidgets import QComboBox, QSpinBox, QWidget

from ui import preferences, theme
from ui.dialogs.form import FormDialog

THEMES = {"system": "As the system", "dark": "Dark", "light": "Light"}
DEVICES = {"auto": "GPU where there is one", "cpu": "Processor", "cuda": "GPU (CUDA)"}


class PreferencesDialog(FormDialog):
    """Theme, device and number of workers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Preferences", "Save", parent)
        self.theme = _choice(THEMES, preferences.theme())
        self.device = _choice(DEVICES, preferences.device())
        self.workers = QSpinBox()
        self.workers.setRange(1, preferences.most_workers())
        self.workers.setValue(preferences.workers())
        for name, field in (
            ("Theme", self.theme),
            ("Analysis runs on", self.device),
            ("Chunks at once", self.workers),
        ):
            field.setAccessibleName(name)
            self.form.addRow(self._name(name, field), field)
        self.workers.setToolTip("Scores do not depend on it; more is faster and takes more memory.")

    def accept(self) -> None:
        """Remember the choices and put the theme in force."""
        preferences.keep(
            theme=self.theme.currentData(),
            device=self.device.currentData(),
            workers=self.workers.value(),
        )
        theme.keeper().choose(preferences.theme())
        super().accept()


def _choice(words: dict[str, str], chosen: str) -> QComboBox:
    made = QComboBox()
    for value, text in words.items():
        made.addItem(text, value)
    made.setCurrentIndex(max(0, made.findData(chosen)))
    return made
