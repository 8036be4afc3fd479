"""The preferences: how the window looks, player, analysis, reports, who examines, and keys."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QTabWidget,
    QWidget,
)

from ui import keys, preferences, theme
from ui.dialogs import files
from ui.dialogs.form import FormDialog
from ui.dialogs.keys_page import KeysPage
from ui.widgets import button, keep_off_the_border, label

THEMES = {"system": "As the system", "dark": "Dark", "light": "Light"}
DEVICES = {"auto": "GPU where there is one", "cpu": "Processor", "cuda": "GPU (CUDA)"}


class PreferencesDialog(FormDialog):
    """A page for each subject; nothing is changed before "Save"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Preferences", "Save", parent)
        self.pages = QTabWidget()
        self.pages.setAccessibleName("Subjects of the preferences")
        self.pages.tabBar().setAccessibleName("Subjects of the preferences")
        self.rows.insertWidget(0, self.pages, 1)
        self._make_fields()
        self.keys_page = KeysPage()
        self.pages.addTab(self._appearance(), "Window")
        self.pages.addTab(self._player(), "Player")
        self.pages.addTab(self._analysis(), "Analysis")
        self.pages.addTab(self._reports(), "Reports")
        self.pages.addTab(self._identity(), "Identity")
        self.pages.addTab(self.keys_page, "Keys")
        self.resize(640, 560)

    def accept(self) -> None:
        """Remember the choices and put them in force, unless two acts share a key."""
        clash = self.keys_page.clash()
        if clash:
            self.pages.setCurrentWidget(self.keys_page)
            self.refuse(clash, self.keys_page)
            return
        preferences.keep(
            theme=self.theme.currentData(),
            device=self.device.currentData(),
            workers=self.workers.value(),
        )
        preferences.keep_text("boxes", "yes" if self.boxes.isChecked() else "no")
        preferences.keep_text("pkcs12", self.pkcs12.text().strip())
        preferences.keep_text("reports folder", self.reports.text().strip())
        preferences.remember_examiner(
            self.examiner.text().strip(), self.organisation.text().strip()
        )
        keys.choose(self.keys_page.chosen())
        theme.keeper().choose(preferences.theme())
        super().accept()

    def _make_fields(self) -> None:
        self.theme = _choice("Theme", THEMES, preferences.theme())
        self.boxes = QCheckBox("Face boxes are shown when the window opens")
        self.boxes.setChecked(preferences.boxes())
        self.device = _choice("Analysis runs on", DEVICES, preferences.device())
        self.workers = QSpinBox()
        self.workers.setAccessibleName("Chunks at once")
        self.workers.setRange(1, preferences.most_workers())
        self.workers.setValue(preferences.workers())
        keep_off_the_border(self.workers)
        self.workers.setToolTip("Scores do not depend on it; more is faster and takes more memory.")
        examiner, organisation = preferences.last_examiner()
        self.examiner = _line("Examiner", examiner)
        self.organisation = _line("Organisation", organisation)
        self.pkcs12 = _line("PKCS#12 file", preferences.text("pkcs12"))
        self.pkcs12.setPlaceholderText("none: my own, self-signed")
        self.reports = _line("Folder for reports", preferences.text("reports folder"))
        self.reports.setPlaceholderText("the folder “reports” in the case")

    def _appearance(self) -> QWidget:
        return _page(
            [("Theme", self.theme)],
            "Panels are dragged by the line above them. The menu “View” saves and resets layouts.",
        )

    def _player(self) -> QWidget:
        said = "Brightness, contrast, gamma, zoom and grid belong to the display alone and are not "
        return _page(
            [("Overlay", self.boxes)], said + "kept: every exhibit opens as it was recorded."
        )

    def _analysis(self) -> QWidget:
        return _page(
            [("Runs on", self.device), ("Chunks at once", self.workers)],
            "In force for the next case that is opened. Device and precision of every run are "
            "recorded with it and printed in the report.",
        )

    def _reports(self) -> QWidget:
        return _page(
            [
                ("Signing identity", self._with_button(self.pkcs12, self._browse_identity)),
                ("Folder", self._with_button(self.reports, self._browse_reports)),
            ],
            "Suggested when a report is exported; both can be changed there. The passphrase is "
            "asked for every time and never kept.",
        )

    def _identity(self) -> QWidget:
        return _page(
            [("Examiner", self.examiner), ("Organisation", self.organisation)],
            "Suggested for new cases. The examiner of a case is recorded in it when it is created, "
            "and stands for every act in it; it is not changed here.",
        )

    def _with_button(self, field: QLineEdit, browse: object) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(field, 1)
        row.addWidget(button("Browse", browse))
        return made

    def _browse_identity(self) -> None:
        def chosen(path: Path) -> None:
            self.pkcs12.setText(str(path))

        files.ask_file(self, "Signing identity", files.PKCS12, chosen)

    def _browse_reports(self) -> None:
        def chosen(path: Path) -> None:
            self.reports.setText(str(path))

        start = Path(self.reports.text().strip() or Path.home()).expanduser()
        files.ask_folder(self, "Folder for reports", start, chosen)


def _page(fields: Sequence[tuple[str, QWidget]], hint: str) -> QWidget:
    made = QWidget()
    form = QFormLayout(made)
    form.setContentsMargins(*[2 * theme.GRID] * 4)
    form.setHorizontalSpacing(2 * theme.GRID)
    form.setVerticalSpacing(theme.GRID)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    for name, field in fields:
        beside = label(name, "muted")
        beside.setBuddy(field)
        form.addRow(beside, field)
    form.addRow(label(hint, "small", wrap=True))
    return made


def _line(name: str, text: str) -> QLineEdit:
    made = QLineEdit(text)
    made.setAccessibleName(name)
    return made


def _choice(name: str, words: dict[str, str], chosen: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    for value, text in words.items():
        made.addItem(text, value)
    made.setCurrentIndex(max(0, made.findData(chosen)))
    return made
