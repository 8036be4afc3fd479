"""Asks in which form a stretch of the exhibit is taken along, and where to."""

from pathlib import Path

from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from ui.dialogs import files
from ui.dialogs.form import FormDialog
from ui.widgets import label


class ClipDialog(FormDialog):
    """A copy of the packets, or every frame as a picture.

    Args:
        words: which stretch it is.
        folder: where it is suggested to be written.
        name: suggested name without suffix.
        suffix: of the container that holds the packets as they are.
        earlier: frames by which a copy of packets begins before the stretch; None where the
            exhibit cannot be copied that way.
        parent: the window.
    """

    def __init__(
        self,
        words: str,
        folder: Path,
        name: str,
        suffix: str,
        earlier: int | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("Export a stretch", "Export", parent)
        self._agreed = ""
        self._folder, self._name_, self._suffix = folder, name, suffix
        self.rows.insertWidget(0, label(words, wrap=True))
        self.packets = QRadioButton("A copy of its packets, picture and sound")
        self.frames = QRadioButton("Every frame as PNG")
        group = QButtonGroup(self)
        choices = QWidget()
        column = QVBoxLayout(choices)
        column.setContentsMargins(0, 0, 0, 0)
        for choice, why in ((self.packets, _packets_words(earlier)), (self.frames, FRAMES_WORDS)):
            group.addButton(choice)
            column.addWidget(choice)
            column.addWidget(label(why, "small", wrap=True))
        self.packets.setEnabled(earlier is not None)
        (self.frames if earlier is None else self.packets).setChecked(True)
        self.form.addRow(self._name("Form", self.packets), choices)
        self.output = self.path_field("Write to", self._suggestion(), self._browse)
        self.packets.toggled.connect(lambda _: self.output.setText(self._suggestion()))

    @property
    def as_frames(self) -> bool:
        """Whether frames were chosen."""
        return self.frames.isChecked()

    def target(self) -> Path:
        """Where it is to be written."""
        return Path(self.output.text().strip()).expanduser()

    @property
    def overwrite(self) -> bool:
        """Whether the examiner agreed to replace the file that is there."""
        return not self.as_frames and self.output.text().strip() == self._agreed

    def accept(self) -> None:
        """Close if nothing is missing and nothing is in the way."""
        if not self.output.text().strip():
            self.refuse("Choose where it shall be written.", self.output)
        elif self.target().exists() and not self.overwrite:
            self.refuse(f"“{self.target().name}” exists already. Choose another.", self.output)
        else:
            super().accept()

    def _suggestion(self) -> str:
        name = f"{self._name_} frames" if self.as_frames else f"{self._name_}{self._suffix}"
        return str(self._folder / name)

    def _browse(self) -> None:
        if self.as_frames:
            files.ask_folder(self, "Folder for the frames", self._folder, self._in_folder)
        else:
            files.ask_target(self, "Export the clip", self.target(), "", self._file_chosen)

    def _in_folder(self, chosen: Path) -> None:
        self.output.setText(str(chosen / Path(self._suggestion()).name))

    def _file_chosen(self, chosen: Path, _: str) -> None:
        self._agreed = str(chosen)
        self.output.setText(self._agreed)


FRAMES_WORDS = "Decoded, at full resolution, with hashes and timestamps in frames.json."


def _packets_words(earlier: int | None) -> str:
    if earlier is None:
        return "Not possible here: the exhibit does not tell when each of its packets is shown."
    same = "Nothing is encoded again. "
    if not earlier:
        return same + "The stretch begins with a key frame."
    return same + (
        f"It begins {earlier} frames earlier, with the key frame before: decoding can begin "
        "nowhere else."
    )
