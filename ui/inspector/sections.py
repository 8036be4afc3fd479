"""The sections of the inspector, each a function from records to a widget."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui import theme, wording
from ui.exhibits.rows import FINDING_ICONS
from ui.icons import icon
from ui.inspector import words
from ui.player.readings import time_text
from ui.reading import ExhibitView
from ui.widgets import button, heading, label, plain_tip
from workstation.analysis.trust import calibration_sentence, ratio_words
from workstation.cases.records import FindingRecord, FrameIndex, Run, Segment
from workstation.commands.answers import one_line
from workstation.report.card_figures import chief_figures

MOST_ROWS = 7
ROW_HEIGHT = 22
LONG = 18  # characters of a value from which it may take several lines


def section(title: str, *contents: QWidget) -> QWidget:
    """A heading with widgets below it."""
    made = QWidget()
    rows = QVBoxLayout(made)
    rows.setContentsMargins(0, theme.GRID, 0, theme.GRID)
    rows.setSpacing(theme.GRID)
    if title:
        rows.addWidget(heading(title))
    for content in contents:
        rows.addWidget(content)
    return made


def finding(record: FindingRecord, warning: str = "") -> QWidget:
    """The exhibit's finding with its reasons, and first what puts it in doubt."""
    name, token = FINDING_ICONS[record.finding]
    mark = QLabel()
    mark.setPixmap(icon(name, token).pixmap(QSize(18, 18)))
    said = label(str(record.finding), "title", wrap=True)
    said.setToolTip(words.FINDINGS[record.finding])
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.GRID)
    row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(said, 1)
    nothing = record.statistics.get("scored") == 0
    caution = label(
        words.NOTHING_SCORED if nothing else words.FINDINGS[record.finding], "small", wrap=True
    )
    doubt = [label(warning, "danger", wrap=True)] if warning else []
    # The finding and its likelihood ratio first; what they rest on is there to be read, smaller.
    chief = 2 if "log10_lr" in record.statistics else 1
    reasons = [*_sentences(record.reasons[:chief]), *_sentences(record.reasons[chief:], "small")]
    return section("Finding", *doubt, line, *reasons, caution)


def limits(run: Run) -> QWidget:
    """What the detector cannot do: the first limit and the first gap, the others a press away.

    What is not covered must be seen where the finding is read, for a low score says nothing of it.
    """
    card = run.detector
    said, not_covered = list(card.get("limits") or ()), list(card.get("not_covered") or ())
    rest = QWidget()
    rows = QVBoxLayout(rest)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(theme.GRID)
    for one in (*_listed("", said[1:]), *_listed("Also not covered", not_covered[1:])):
        rows.addWidget(one)
    more = len(said[1:]) + len(not_covered[1:])
    shown = (*_listed("", said[:1]), *_listed("Not covered", not_covered[:1]))
    return section("Limits", *shown, *([_folded(f"{more} more limits", rest)] * bool(more)))


def _folded(words: str, content: QWidget) -> QWidget:
    """Content that a press on its words shows and hides."""
    made = QWidget()
    rows = QVBoxLayout(made)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(theme.GRID)

    def turn() -> None:
        hidden = not content.isHidden()
        content.setHidden(hidden)
        link.setText(words if hidden else "Fewer limits")
        link.setIcon(icon("chevron-right" if hidden else "chevron-down", "muted"))

    link = button(words, turn, quiet=True)
    rows.addWidget(link, 0, Qt.AlignmentFlag.AlignLeft)
    rows.addWidget(content)
    turn()
    return made


def measured(run: Run) -> QWidget:
    """How the detector measured on labelled material."""
    figures = chief_figures(run.detector, "on the card and in the report")
    return section("Measured", *_listed("", figures or [words.NOT_MEASURED], words.MEASURED))


def numbers(record: FindingRecord) -> QWidget:
    """The statistics of a finding, numbers to the right in the monospaced face."""
    held = dict(record.statistics)
    if not held.get("undecodable"):
        held.pop("undecodable", None)
    if held.get("counted") == held.get("scored"):
        held.pop("counted", None)
    facts = [
        (name, _number(key, held[key]), tip)
        for key, (name, tip) in words.STATISTICS.items()
        if key in held
    ]
    return section("Scores", table(facts))


def table(facts: Iterable[tuple[str, str, str]]) -> QWidget:
    """Names to the left, values to the right, a tooltip on both."""
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(2 * theme.GRID)
    grid.setVerticalSpacing(4)
    grid.setColumnStretch(0, 1)
    for row, (name, value, tip) in enumerate(facts):
        left = label(name, "muted", wrap=True)
        right = label(value, mono=True, wrap=len(value) > LONG)
        right.setAlignment(Qt.AlignmentFlag.AlignRight)
        right.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for one in (left, right):
            one.setToolTip(plain_tip(tip))
        grid.addWidget(left, row, 0)
        grid.addWidget(right, row, 1)
    return made


def segments(
    flagged: Iterable[Segment], index: FrameIndex, chosen: Callable[[Segment], None]
) -> QWidget:
    """Flagged segments in order; choosing one goes to its peak."""
    flagged = list(flagged)
    if not flagged:
        return section("Segments", label("No segment is flagged.", "muted", wrap=True))
    rows = QListWidget()
    rows.setFont(theme.mono_font(theme.SMALL))
    rows.setToolTip(words.SEGMENT)
    rows.setAccessibleName("Flagged segments")
    rows.setFixedHeight(ROW_HEIGHT * min(len(flagged), MOST_ROWS) + 4)
    times = index.times
    for number, one in enumerate(flagged, 1):
        start, stop = time_text(times[one.first], 2), time_text(times[one.last], 2)
        text = f"{number:>2}  track {one.track}  {start[3:]}–{stop[3:]}  peak {one.peak:.2f}"
        item = QListWidgetItem(text)
        item.setSizeHint(QSize(0, ROW_HEIGHT))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"Segment {text}")
        rows.addItem(item)
    rows.itemClicked.connect(lambda item: chosen(flagged[rows.row(item)]))
    rows.itemActivated.connect(lambda item: chosen(flagged[rows.row(item)]))
    return section("Segments", rows)


def detector(run: Run) -> QWidget:
    """Which detector scored, and on what."""
    card = run.detector
    weights = str((card.get("weights") or {}).get("sha256", ""))
    decision = card.get("decision") or {}
    facts = [
        ("weights", wording.short_hash(weights), f"{words.WEIGHTS}\n{weights}"),
        ("device", run.device, "What the networks ran on."),
        ("precision", run.precision, "Number format that the networks computed in."),
    ]
    if "low" in decision and "high" in decision:
        zone = f"{decision['low']:.2f} – {decision['high']:.2f}"
        facts.insert(1, ("inconclusive zone", zone, words.THRESHOLDS))
    facts[-2:-2] = _trust(card)
    title = label(str(card.get("title") or card.get("name") or "detector"), wrap=True)
    return section("Detector", title, table(facts))


def _trust(card: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """How far the card lets scores be trusted: calibration, and the faces of the training."""
    calibration, domain = card.get("calibration"), card.get("domain")
    ratios, ranges = ("not calibrated", words.NOT_CALIBRATED), ("not stated", words.NO_RANGES)
    if calibration is not None:
        low, high = (ratio_words(bound) for bound in calibration["log10_bounds"])
        tip = f"{words.CALIBRATED} {calibration_sentence(calibration)}"
        ratios = f"{low} – {high}", tip
    if domain is not None:
        listed = "\n".join(
            f"{name}: {'any' if low is None else low} to {'any' if high is None else high}"
            for name, (low, high) in domain["ranges"].items()
        )
        ranges = f"{len(domain['ranges'])} ranges", f"{words.RANGES}\n{listed}"
    return [("likelihood ratios", *ratios), ("training's faces", *ranges)]


def exhibit(view: ExhibitView) -> QWidget:
    """What the exhibit is: container facts and hashes."""
    one, facts = view.exhibit, view.exhibit.facts
    rows = [("frames", wording.number(one.frames), "Frames in the frame index.")]
    if facts.get("width") and facts.get("height"):
        rows.append(("picture", f"{facts['width']} × {facts['height']}", "Pixels, upright."))
    if view.index.average_rate:
        rate = f"{view.index.average_rate:.3f} /s"
        rows.append(("frame rate", rate, "Average from the timestamps, not from the header."))
    rows += [
        (name, str(facts[key]), "As the container says; it can be wrong or forged.")
        for name, key in (("format", "format"), ("codec", "codec"))
        if facts.get(key)
    ]
    rows += [
        ("size", wording.size(one.size), f"{one.size} bytes"),
        ("SHA-256", wording.short_hash(one.hashes.sha256), f"{words.HASH}\n{one.hashes.sha256}"),
        ("added", wording.utc(one.added_utc), "When it was taken into the case."),
    ]
    name = label(one_line(one.original_name), wrap=True)
    warnings = [
        *map(str, facts.get("warnings", ())),
        *([view.index.remark] * bool(view.index.remark)),
    ]
    return section("Exhibit", name, table(rows), *_sentences(dict.fromkeys(warnings)))


def _sentences(sentences: Iterable[str], kind: str = "") -> list[QWidget]:
    return [label(sentence, kind, wrap=True) for sentence in sentences]


def _listed(title: str, sentences: Any, tip: str = "") -> list[QWidget]:
    if not sentences:
        return []
    made = QWidget()
    made.setToolTip(plain_tip(tip))
    rows = QVBoxLayout(made)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(theme.GRID // 2)
    shown = [label(title, "muted")] if title else []
    for one in (*shown, *_sentences((f"– {one}" for one in sentences), "small")):
        rows.addWidget(one)
    return [made]


def _number(key: str, value: Any) -> str:
    if value is None:
        return "–"
    if key == "log10_lr":
        return f"about {ratio_words(value)}"
    if key in ("mean", "peak"):
        return wording.score(float(value))
    return wording.percent(value) if key == "share_above" else wording.number(int(value))


def finding_of(view: ExhibitView, track: int | None) -> FindingRecord | None:
    """The finding of a track, or of the whole exhibit."""
    return next((one for one in view.findings if one.track == track), None)


def plain_card(card: Mapping[str, Any]) -> str:
    """Title of a detector and the beginning of its weights' hash, for a line of text."""
    weights = str((card.get("weights") or {}).get("sha256", ""))
    return f"{card.get('title') or card.get('name')} · {wording.short_hash(weights)}"
