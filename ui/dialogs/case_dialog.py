"""Asks for the facts of a new case."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QWidget

from ui import preferences
from ui.dialogs import files
from ui.dialogs.form import FormDialog


class CaseDialog(FormDialog):
    """Number, title, examiner, organisation and folder of a new case."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Create a case", "Create the case", parent)
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        self._base = Path(QStandardPaths.writableLocation(documents) or Path.home())
        examiner, organisation = preferences.last_examiner()
        self.number = self.field("Case number", hint="2026-114")
        self.title = self.field("Title", hint="optional")
        self.examiner = self.field("Examiner", examiner, hint="name as it shall be in the report")
        self.organisation = self.field("Organisation", organisation, hint="optional")
        self.folder = self.path_field("Folder", "", self._browse, "a new or empty folder")
        self._followed = ""
        self.number.textEdited.connect(self._follow)

    def facts(self) -> dict[str, str]:
        """The facts as `Case.create` takes them."""
        return {
            "number": self.number.text().strip(),
            "title": self.title.text().strip(),
            "examiner": self.examiner.text().strip(),
            "organisation": self.organisation.text().strip(),
        }

    def chosen_folder(self) -> Path:
        """Where the case shall lie."""
        return Path(self.folder.text().strip()).expanduser()

    def accept(self) -> None:
        """Close if nothing is missing."""
        for field, sentence in (
            (self.number, "A case needs its number."),
            (self.examiner, "A case needs the name of the examiner, who stands for every act."),
            (self.folder, "A case needs a folder. Choose a new or empty one."),
        ):
            if not field.text().strip():
                self.refuse(sentence, field)
                return
        super().accept()

    def _follow(self) -> None:
        """Suggest a folder named after the case until the examiner chooses another."""
        if self.folder.text() not in ("", self._followed):
            return
        name = "".join("-" if sign in '<>:"/\\|?*' else sign for sign in self.number.text()).strip()
        self._followed = str(self._base / f"Case {name}") if name else ""
        self.folder.setText(self._followed)

    def _browse(self) -> None:
        def chosen(path: Path) -> None:
            self.folder.setText(str(path))

        start = Path(self.folder.text().strip() or self._base).expanduser()
        files.ask_folder(self, "Folder for the case", start, chosen)
