"""The panel with the custody log: the state of its chain, its entries, verification."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ui import theme, wording
from ui.custody.model import lines, text
from ui.icons import icon
from ui.lines import LinesView
from ui.reading import CustodyView
from ui.widgets import button, label
from ui.workbench import Workbench

CHAIN_TIP = (
    "Every entry carries the SHA-256 of the one before. An intact chain shows that no entry was "
    "changed or removed from its middle; it cannot show what was never recorded."
)
NAMED = 3  # exhibits named in the top line


def chain_sentence(view: CustodyView) -> str:
    """The state of the log and of the exhibits in a few words."""
    if not view.chain.intact:
        return "custody broken"
    if len(view.harmed) == 1:
        return "log intact · {} {}".format(*view.harmed[0])
    if view.harmed:
        return f"log intact · {len(view.harmed)} exhibits altered or missing"
    if view.changed:
        return f"log intact · {_of(view.changed)} not as entered"
    if view.chain.remarks:
        return f"log intact · {wording.counted(len(view.chain.remarks), 'remark', 'remarks')}"
    return f"custody intact · {wording.counted(view.chain.entries, 'entry', 'entries')}"


def _of(exhibits: Sequence[str]) -> str:
    more = f" and {len(exhibits) - NAMED} more" if len(exhibits) > NAMED else ""
    return f"{'run' if len(exhibits) == 1 else 'runs'} of {', '.join(exhibits[:NAMED])}{more}"


def chain_icon(view: CustodyView) -> tuple[str, str]:
    """Name and colour token of the icon beside it."""
    if not view.sound:
        return "shield-alert-outline", "danger"
    if view.chain.remarks:
        return "shield-alert-outline", "inconclusive"
    return "shield-check-outline", "accent"


def chain_tip(view: CustodyView) -> str:
    """What the state means."""
    if not view.chain.intact:
        return view.chain.problem
    listed = [f"{number}: {outcome} at its last verification" for number, outcome in view.harmed]
    listed += [f"{number}: its run is not as it was entered in the log" for number in view.changed]
    return "\n".join([*listed, *view.chain.remarks, CHAIN_TIP])


class CustodyPanel(QWidget):
    """Lists the entries, newest first."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._shown: CustodyView | None = None
        self._mark = QLabel()
        self._state = label(wrap=True)
        self._head = label("", "small", mono=False)
        self._head.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._verify = button("Verify the case", self._verify_case)
        self._copy = button("Copy the log", self._copy_log)
        self.view = LinesView("Custody log, times in UTC")
        self.setFocusProxy(self.view)
        self._build(self.view)
        workbench.custody_changed.connect(self.show_log)
        workbench.case_closed.connect(lambda: self.view.show_lines([]))
        workbench.entry_wanted.connect(self.show_entry)
        theme.keeper().changed.connect(self._draw)

    def show_log(self, view: CustodyView) -> None:
        """Show the log as it was read."""
        self._shown = view
        self.view.show_lines(lines(view.entries))
        self._draw()

    def _draw(self) -> None:
        view = self._shown
        if view is None:
            return
        intact = view.chain.intact
        name, token = chain_icon(view)
        self._mark.setPixmap(icon(name, token).pixmap(QSize(18, 18)))
        said = chain_sentence(view)
        if not intact:
            said += (
                f". {view.chain.problem} Leave the case folder as it is and compare it with "
                "a backup and with the signed reports."
            )
        elif view.chain.remarks:
            said += f". {' '.join(view.chain.remarks)}"
        self._state.setText(said[0].upper() + said[1:])
        self._state.setToolTip(chain_tip(view))
        self._head.setText(f"Head {wording.short_hash(view.chain.head)}")
        self._head.setToolTip(f"SHA-256 of the last entry\n{view.chain.head}")

    def show_entry(self, sequence: int) -> None:
        """Put the cursor on an entry."""
        for row, line in enumerate(self.view.lines.lines):
            if line.thing == sequence:
                self.view.setCurrentIndex(self.view.lines.index(row))

    def _build(self, table: QWidget) -> None:
        line = QHBoxLayout()
        line.setSpacing(theme.GRID)
        line.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._state, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.GRID)
        buttons.addWidget(self._verify)
        buttons.addWidget(self._copy)
        buttons.addStretch()
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID + 4, theme.GRID, 0, theme.GRID)
        rows.setSpacing(theme.GRID)
        rows.addLayout(line)
        rows.addWidget(self._head)
        rows.addLayout(buttons)
        rows.addWidget(table, 1)

    def _verify_case(self) -> None:
        if self._workbench.jobs is not None:
            self._workbench.verify()

    def _copy_log(self) -> None:
        if self._shown is not None:
            QGuiApplication.clipboard().setText(text(self._shown.entries))
