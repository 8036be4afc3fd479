"""The custody log, whole."""

from reportlab.platypus import Flowable, Paragraph

from workstation.cases.records import CustodyEntry
from workstation.report import fonts, style, words
from workstation.report.context import ReportContext

_WIDTHS = (30.0, 100.0, style.TEXT_WIDTH - 130)


def build(context: ReportContext) -> list[Flowable]:
    """Every entry with its digest, the head of the chain, and whether the chain is intact."""
    chain = context.chain
    state = "intact" if chain.intact else f"NOT INTACT. {chain.problem}"
    remarks = [("Remark", sentence) for sentence in chain.remarks]
    actors = {entry.actor for entry in context.custody}
    return [
        style.Heading(context.section("Custody log"), style.HEADING, "custody"),
        style.paragraph(
            "Every act in the case is one entry. Each carries the SHA-256 of the entry before"
            " it over canonical JSON (RFC 8785), so that a later change to any entry breaks the"
            " chain; a log written anew as a whole shows only against a head noted elsewhere, such"
            " as the one below. Times are those of the examiner's computer. Below is every entry"
            " that the case held when this report was laid out; the signing of this report is the"
            " entry after them."
        ),
        style.facts(
            [
                ("Chain", f"{state} (walked when this report was made)"),
                *remarks,
                ("Case database", _agreement(context)),
                ("Entries", words.number(chain.entries)),
                *([("Actor", next(iter(actors)))] if len(actors) == 1 else []),
            ],
            digests=[("Head hash", chain.head)],
        ),
        style.gap(4),
        style.ruled_table(
            ("No.", "Time (UTC)", "Act, subject, details, SHA-256 of the entry"),
            [_row(entry, len(actors) > 1) for entry in context.custody],
            _WIDTHS,
            numbers=(0,),
        ),
    ]


def _agreement(context: ReportContext) -> str:
    if context.disagreements:
        return f"ALTERED. {' '.join(context.disagreements)}"
    return "exhibits, runs, scores and findings are as they were entered in the log"


def _row(entry: CustodyEntry, with_actor: bool) -> list[str | Flowable | list[Flowable]]:
    title = f"{entry.act} – {entry.subject}" if entry.subject else entry.act
    if with_actor:
        title += f" – {entry.actor}"
    details = f"; {words.value(entry.details)}" if entry.details else ""
    line = Paragraph(
        f"{fonts.marked_up(title)}"
        f'<font size="{style.SMALL.fontSize}" color="{style.MUTED.hexval()}">'
        f"{fonts.marked_up(details)}</font>",
        style.CELL,
    )
    content: list[Flowable] = [line, style.paragraph(entry.sha256, style.FINE)]
    return [str(entry.sequence), words.utc(entry.time_utc).removesuffix(" UTC"), content]
