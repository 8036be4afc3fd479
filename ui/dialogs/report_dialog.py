"""Asks who signs the report and where it goes, and afterwards shows what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QButtonGroup,
    QLineEdit,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui import preferences, theme
from ui.dialogs import files
from ui.dialogs.form import FormDialog
from ui.jobs import CallJob, Desk
from ui.reading import CaseView
from ui.widgets import button, label

MOST_HEIGHT = 440  # pixels; with many exhibits the sentences scroll
WRITTEN_WIDTH, AROUND = 608, 112  # the sentences and what stands around them


@dataclass(frozen=True)
class ReportOrder:
    """What the examiner asked for.

    Attributes:
        pkcs12: file with the signing identity, None for the examiner's own self-signed one.
        overwrite: whether the examiner agreed to replace an existing file.
    """

    output: Path
    pkcs12: Path | None
    passphrase: str
    overwrite: bool


@dataclass(frozen=True)
class WrittenReport:
    """A report, and what verifying the file that was just written says."""

    path: Path
    sentences: tuple[str, ...]
    valid: bool


class ReportDialog(FormDialog):
    """Signing identity and target path."""

    def __init__(self, view: CaseView, parent: QWidget | None = None) -> None:
        super().__init__("Export the signed report", "Write and sign", parent)
        self._agreed = ""
        self.own = QRadioButton(f"My own, self-signed: {view.facts.examiner}")
        self.own.setToolTip(
            "Made on first use and kept on this computer. Readers can see that the report was not "
            "changed; nobody but you vouches for the name."
        )
        self.from_file = QRadioButton("From a PKCS#12 file")
        self.own.setChecked(True)
        group = QButtonGroup(self)
        choices = QWidget()
        rows = QVBoxLayout(choices)
        rows.setContentsMargins(0, 0, 0, 0)
        for choice in (self.own, self.from_file):
            group.addButton(choice)
            rows.addWidget(choice)
        self.form.addRow(self._name("Signing identity", self.own), choices)
        kept = preferences.text("pkcs12")
        self.pkcs12 = self.path_field("PKCS#12 file", kept, self._browse_identity, ".p12 or .pfx")
        self.passphrase = self.field("Passphrase")
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.output = self.path_field("Report", str(_suggestion(view)), self._browse_output)
        self.from_file.toggled.connect(self._choice_changed)
        self.pkcs12.textEdited.connect(lambda: self.from_file.setChecked(True))
        self.from_file.setChecked(bool(kept))
        self._choice_changed(bool(kept))

    def order(self) -> ReportOrder:
        """What was filled in."""
        chosen = Path(self.pkcs12.text()).expanduser() if self.from_file.isChecked() else None
        output = self.output.text().strip()
        return ReportOrder(
            Path(output).expanduser(), chosen, self.passphrase.text(), output == self._agreed
        )

    def accept(self) -> None:
        """Close if nothing is missing."""
        if self.from_file.isChecked() and not self.pkcs12.text().strip():
            self.refuse("Choose the PKCS#12 file with your key and certificate.", self.pkcs12)
        elif not self.output.text().strip():
            self.refuse("Choose where the report shall be written.", self.output)
        else:
            super().accept()

    def _choice_changed(self, from_file: bool) -> None:
        self.passphrase.setEnabled(from_file)

    def _browse_identity(self) -> None:
        def chosen(path: Path) -> None:
            self.pkcs12.setText(str(path))
            self.from_file.setChecked(True)

        files.ask_file(self, "Signing identity", files.PKCS12, chosen)

    def _browse_output(self) -> None:
        def chosen(path: Path, _: str) -> None:
            self._agreed = str(path)
            self.output.setText(self._agreed)

        suggestion = Path(self.output.text()).expanduser()
        files.ask_target(self, "Report", suggestion, "PDF (*.pdf);;All files (*)", chosen)


class WrittenDialog(FormDialog):
    """Says what verifying the report gave, and opens it."""

    def __init__(self, written: WrittenReport, parent: QWidget | None = None) -> None:
        super().__init__("The report is written", "Open the report", parent)
        self.leave.setText("Close")
        self._written = written
        said = QWidget()
        rows = QVBoxLayout(said)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID)
        rows.addWidget(label(written.path.name, wrap=True))
        for sentence in written.sentences:
            rows.addWidget(label(sentence, "" if written.valid else "danger", wrap=True))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("What verifying the report gave")
        area.setWidget(said)
        area.setMinimumSize(560, 120)
        height = min(said.heightForWidth(540) + theme.GRID, MOST_HEIGHT)
        self.resize(WRITTEN_WIDTH, height + AROUND)
        self.rows.insertWidget(0, area)
        self._buttons.insertWidget(0, button("Show in folder", self._show_folder))

    def accept(self) -> None:
        """Open the report in whatever the desktop reads PDF with."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.path)))
        super().accept()

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.path.parent)))


def report_job(order: ReportOrder) -> CallJob:
    """The job that writes, signs and verifies the report; its result is a `WrittenReport`."""

    def call(desk: Desk, job: CallJob) -> WrittenReport:
        from workstation.report.signing import SigningIdentity
        from workstation.report.verification import verify_report
        from workstation.report.writer import write_report

        facts = desk.case.facts
        job.announce("preparing the signing identity", 0, 0, "steps")
        signer = (
            SigningIdentity.own(facts.examiner, facts.organisation)
            if order.pkcs12 is None
            else SigningIdentity.from_pkcs12(order.pkcs12, order.passphrase)
        )
        announce: Callable[[Any], None] = lambda step: job.announce(  # noqa: E731
            step.step, step.done, step.total, "steps"
        )
        write_report(desk.case, order.output, signer, announce=announce, overwrite=order.overwrite)
        found = verify_report(order.output, desk.case)
        return WrittenReport(order.output, found.sentences, found.valid)

    return CallJob("report", "Writing the report", call)


def scores_job(exhibit: str, output: Path) -> CallJob:
    """The job that exports an exhibit's scores as CSV, or as JSON where the file is named so."""

    def call(desk: Desk, _: CallJob) -> Path:
        from workstation.commands.scores import chosen_run, export

        form = "json" if output.suffix.lower() == ".json" else "csv"
        # The dialog that chose the file asked whether one that is there may be replaced.
        export(desk.case, chosen_run(desk.case, exhibit, None), form, output, overwrite=True)
        return output

    return CallJob("scores", f"Exporting the scores of {exhibit}", call)


def _suggestion(view: CaseView) -> Path:
    number = "".join("-" if sign in '<>:"/\\|?*' else sign for sign in view.facts.number)
    now = datetime.now(UTC)
    kept = preferences.text("reports folder")
    folder = Path(kept).expanduser() if kept else view.folder / "reports"
    return folder / f"Report {number} {now:%Y-%m-%d %H%M%S}.pdf"
