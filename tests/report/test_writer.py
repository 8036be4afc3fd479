"""What a written report says, and that a whole one appears or none."""

import errno
import hashlib
import json
import os
import re
import threading
from pathlib import Path

import pytest

from tests.report.conftest import STRANGE_NAME, Signed, poppler
from tests.report.filled_case import (
    HIGH,
    LOW,
    WEIGHTS_SHA256,
    Track,
    add,
    analyse,
    card,
    make_clip,
    make_picture,
)
from workstation.cases.case import Case
from workstation.cases.custody import Act
from workstation.cases.marks import Mark, MarkKind
from workstation.cases.records import FrameState, RunOutcome
from workstation.commands.timelines import timelines
from workstation.errors import CaseError, ReportError
from workstation.report.sections import method
from workstation.report.signing import SigningIdentity
from workstation.report.writer import write_report


def test_every_page_carries_identity_and_its_number(signed: Signed) -> None:
    pages = signed.pages()
    identity = re.search(r"R001 · ([0-9a-f-]{36})", pages[0])
    assert identity is not None
    for number, page in enumerate(pages, 1):
        last = page.rstrip().splitlines()[-1]
        assert f"page {number} of {len(pages)}" in last
        assert f"Case 2026-114 · Report R001 · {identity[1]}" in last


def test_every_hash_is_printed(signed: Signed, signed_case: Case) -> None:
    text = signed.text().replace(" ", "")
    assert text.count(signed_case.custody.entries()[-2].sha256) >= 1
    for exhibit in signed_case.exhibits.all():
        for digest in (exhibit.hashes.sha256, exhibit.hashes.md5, exhibit.hashes.sha1):
            assert digest in text
    for entry in signed_case.custody.entries()[:-1]:
        assert entry.sha256 in text
    assert WEIGHTS_SHA256 in text
    assert signed.record.custody_head in text


def test_frames_are_accounted_for(signed: Signed) -> None:
    text = signed.text()
    counts = {
        FrameState.SCORED: 31,
        FrameState.NO_FACE: 2,
        FrameState.UNSUITABLE: 3,
        FrameState.UNDECODABLE: 2,
        FrameState.NOT_ANALYSED: 2,
    }
    assert sum(counts.values()) == 40
    for state, count in counts.items():
        assert re.search(rf"{state} {count} {100 * count / 40:.1f} %", text), state
    assert "all frames 40 100.0 %" in text
    assert f"{FrameState.NOT_ANALYSED} 40 100.0 %" in text
    assert "Frames 36 to 37 could not be decoded: Its packets are damaged." in text


def test_method_limits_and_findings(signed: Signed) -> None:
    text = signed.text()
    assert f"lower {LOW:.2f}, upper {HIGH:.2f}" in text
    assert "Dotted: lower threshold 0.40; dashed: upper threshold 0.60" in text
    for words in (
        "supports manipulation",
        "does not support manipulation",
        "Not analysed: no detector was run on this exhibit",
        *card()["limits"],
        *card()["not_covered"],
        "0.61 to 0.93",
        "false alarms: 1 of 4 real clips",
        "cpu: 2 threads; float32",
        "pdfsig REPORT.pdf",
        "SHA-256 of the frame's pixels (RGB, 320 × 240)",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("grid", "interpolate", "made_by", "said"),
    [
        (5, False, "4", "can be missed"),
        (1, False, "4", "Every frame, all over."),
        (5, False, "3", "Every frame, all over."),
        (5, True, "4", "by interpolation"),
        (5, None, "2", "by interpolation"),
        (None, None, "4", "not recorded"),
        (5, False, "of old", "not recorded"),
    ],
)
def test_where_faces_were_sought_is_said(
    grid: int | None, interpolate: bool | None, made_by: str, said: str
) -> None:
    settings = {"grid": grid, "interpolate": interpolate}
    settings = {name: value for name, value in settings.items() if value is not None}
    assert said in method.sought(settings, {"analysis method": made_by})


def test_figures_are_numbered_and_referred_to(signed: Signed) -> None:
    text = signed.text()
    numbers = [int(number) for number in re.findall(r"Figure (\d+)\. (?:Scores|E\d)", text)]
    assert numbers
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    for number in numbers:
        assert len(re.findall(rf"Figure {number}\b", text)) >= 2


def test_no_language_of_certainty(signed: Signed) -> None:
    text = signed.text().lower().replace("likelihood ratio", "")
    for match in re.finditer("probabilit", text):
        assert "not a probabilit" in text[match.start() - 6 : match.end()]
    for word in ("confidence", "likelihood", "verdict", "accuracy", "genuine", "proves"):
        assert word not in text, word


def test_strange_names_are_shown_as_code_points(signed: Signed) -> None:
    text = signed.text()
    assert "Κάμερα Камера" in text
    assert "\\u{1F3A5}" in text
    assert "\\u{202E}" in text
    assert "\u202e" not in text


def test_fonts_are_embedded(signed: Signed) -> None:
    rows = poppler("pdffonts", str(signed.path)).splitlines()[2:]
    assert rows
    for row in rows:
        assert "IBMPlex" in row
        assert row.split()[-5] == "yes", row


def test_attached_facts(signed: Signed, signed_case: Case, tmp_path: Path) -> None:
    poppler("pdfdetach", "-saveall", "-o", str(tmp_path), str(signed.path))
    facts = json.loads((tmp_path / "report-facts.json").read_text(encoding="utf-8"))
    assert facts["schema"] == 1
    assert facts["case"]["number"] == "2026-114"
    assert facts["custody"]["head"] == signed.record.custody_head
    assert facts["custody"]["length"] == len(facts["custody"]["entries"])
    assert [exhibit["original_name"] for exhibit in facts["exhibits"]][1] == STRANGE_NAME
    assert all(sum(e["frame_states"].values()) == e["frames"] for e in facts["exhibits"])
    (run,) = facts["runs"]
    assert run["weights_sha256"] == WEIGHTS_SHA256
    assert [finding["track"] for finding in run["findings"]] == [None, 1, 2]
    assert facts["exhibits"][0]["sha256"] == signed_case.exhibits.get("E001").hashes.sha256


def test_recorded_in_the_case(signed: Signed, signed_case: Case) -> None:
    digest = hashlib.sha256(signed.path.read_bytes()).hexdigest()
    last = signed_case.custody.entries()[-1]
    assert last.act == Act.REPORT_SIGNED
    assert last.details["sha256"] == digest == signed.record.sha256
    assert len(last.details["signature_sha256"]) == 64
    assert last.details["path"] == "reports/report.pdf"
    assert last.previous_sha256 == last.details["custody_head"] == signed.record.custody_head
    assert signed_case.reports.all() == [signed.record]
    assert signed_case.custody.verify().intact


def test_an_existing_file_is_kept_unless_asked(
    case: Case, identity: SigningIdentity, tmp_path: Path
) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"something else")
    with pytest.raises(ReportError, match="exists already"):
        write_report(case, path, identity)
    assert path.read_bytes() == b"something else"
    write_report(case, path, identity, overwrite=True)
    assert path.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    "place", ["exhibits/report.pdf", "reports/../exhibits/report.pdf", "case.sqlite"]
)
def test_never_over_evidence(case: Case, identity: SigningIdentity, place: str) -> None:
    before = len(case.custody.entries())
    with pytest.raises(ReportError, match="Choose another place"):
        write_report(case, case.folder / place, identity, overwrite=True)
    assert len(case.custody.entries()) == before


def test_a_folder_is_refused(case: Case, identity: SigningIdentity, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="is a folder"):
        write_report(case, tmp_path, identity, overwrite=True)


def test_a_read_only_case_is_refused(
    signed_case: Case, identity: SigningIdentity, tmp_path: Path
) -> None:
    with pytest.raises(ReportError, match="read-only"):
        write_report(signed_case, tmp_path / "report.pdf", identity)
    assert not (tmp_path / "report.pdf").exists()


def test_a_full_disk_leaves_nothing(
    case: Case, identity: SigningIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = tmp_path / "out"
    monkeypatch.setattr("workstation.cases.outgoing.os.fsync", full)
    with pytest.raises(ReportError, match="make room"):
        write_report(case, folder / "report.pdf", identity)
    assert list(folder.iterdir()) == []
    assert case.reports.all() == []
    assert case.custody.entries()[-1].act != Act.REPORT_SIGNED


def test_no_file_without_its_entry(
    case: Case, identity: SigningIdentity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*facts: object) -> None:
        raise CaseError("The disk is full.")

    monkeypatch.setattr(case.reports, "add", refuse)
    with pytest.raises(CaseError):
        write_report(case, tmp_path / "report.pdf", identity)
    assert [path.name for path in tmp_path.iterdir()] == ["case"]
    assert case.custody.entries()[-1].act != Act.REPORT_SIGNED


def test_steps_are_announced(case: Case, identity: SigningIdentity, tmp_path: Path) -> None:
    steps = []
    write_report(case, tmp_path / "report.pdf", identity, announce=steps.append)
    assert steps[-1].step == "signing"
    assert all(0 <= step.done <= step.total for step in steps)


def test_a_report_on_another_thread(case: Case, identity: SigningIdentity, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"

    def work() -> None:
        with case.another() as own:
            write_report(own, path, identity)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert path.read_bytes().startswith(b"%PDF")


def test_an_empty_case(case: Case, identity: SigningIdentity, tmp_path: Path) -> None:
    record = write_report(case, tmp_path / "report.pdf", identity)
    text = Signed(tmp_path / "report.pdf", case.folder, record).text()
    assert "The case holds no exhibits; there are no findings." in text
    assert "No exhibit was analysed, so no detector was used." in text


def test_all_sorts_of_exhibits(
    case: Case, identity: SigningIdentity, clip: Path, tmp_path: Path
) -> None:
    picture = add(case, make_picture(tmp_path / "portrait.jpg"))
    analyse(case, picture, [Track(1, 0, 1, 0.5)])
    analyse(case, add(case, clip, name="no face.mp4"))
    cut = add(case, clip, name="interrupted.mp4")
    analyse(case, cut, [Track(1, 0, 12, 0.5)], stop=12, outcome=RunOutcome.INTERRUPTED)
    altered = add(case, clip, name="altered.mp4")
    analyse(case, altered, [Track(1, 0, 40, 0.9)], detector=card(evaluation=[], limits=[]))
    with (case.folder / altered.stored_name).open("ab") as stream:
        stream.write(b"x")
    missing = add(case, clip, name="missing.mp4")
    analyse(case, missing, [Track(1, 0, 40, 0.9)])
    (case.folder / missing.stored_name).unlink()
    record = write_report(case, tmp_path / "report.pdf", identity)
    text = Signed(tmp_path / "report.pdf", case.folder, record).text()
    for words in (
        "No face was found in the frames that were analysed",
        "This analysis did not run to its end: 12 of 40 frames were analysed",
        "E004 is ALTERED: see its section",
        "E004 is ALTERED: its SHA-256, computed again",
        "E005 is MISSING",
        "No key frame is shown",
        "its error rates are unknown",
        "E001, track 1: score 0.",
    ):
        assert words in text, words


def test_a_newer_unfinished_run_does_not_replace_a_complete_one(
    case: Case, identity: SigningIdentity, clip: Path, tmp_path: Path
) -> None:
    exhibit = add(case, clip)
    complete = analyse(case, exhibit, [Track(1, 0, 40, 0.2)])
    later = analyse(case, exhibit, [Track(1, 0, 10, 0.9)], stop=10, outcome=RunOutcome.CANCELLED)
    record = write_report(case, tmp_path / "report.pdf", identity)
    text = Signed(tmp_path / "report.pdf", case.folder, record).text()
    assert f"Run {complete.id}, complete" in text
    assert f"Run {later.id}: " in text
    assert "cancelled, 10 of 40 frames" in text


def test_a_field_longer_than_a_page(
    case: Case, identity: SigningIdentity, clip: Path, tmp_path: Path
) -> None:
    endless = " ".join(f"word{number}" for number in range(4000))
    detector = card(training={"recipe": endless}, limits=[endless])
    exhibit = add(case, clip, facts={"metadata": {"comment": endless}, "title": "y" * 5000})
    analyse(case, exhibit, [Track(1, 0, 40, 0.2)], detector=detector)
    case.custody.append(Act.EXHIBIT_REFUSED, "", reason=endless)
    record = write_report(case, tmp_path / "report.pdf", identity)
    text = Signed(tmp_path / "report.pdf", case.folder, record).text()
    assert text.count("word3999") >= 4


def test_a_file_with_megabytes_of_metadata(
    case: Case, identity: SigningIdentity, clip: Path, tmp_path: Path
) -> None:
    add(case, clip, facts={"metadata": {"comment": "z" * 3_000_000}})
    record = write_report(case, tmp_path / "report.pdf", identity)
    text = Signed(tmp_path / "report.pdf", case.folder, record).text()
    assert "further characters are not printed" in text


@pytest.mark.parametrize("text", ["z" * 3_000_000, "word " * 600_000], ids=["word", "words"])
def test_megabytes_of_text_in_a_case_are_printed_to_their_begin(
    identity: SigningIdentity, clip: Path, tmp_path: Path, text: str
) -> None:
    """A case from elsewhere may hold any; a report on it took for ever, or was a fault."""
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner", title=text) as case:
        exhibit = add(case, clip, name=f"{text}.mp4")
        case.marks.put(None, Mark(MarkKind.MARKER, exhibit.number, first=3, last=3, note=text))
        record = write_report(case, tmp_path / "report.pdf", identity)
        printed = Signed(tmp_path / "report.pdf", case.folder, record).text()
    assert printed.count("further characters are not printed") >= 4


def test_reports_are_counted(case: Case, identity: SigningIdentity, tmp_path: Path) -> None:
    write_report(case, tmp_path / "one.pdf", identity)
    write_report(case, tmp_path / "two.pdf", identity)
    subjects = [e.subject for e in case.custody.entries() if e.act == Act.REPORT_SIGNED]
    assert subjects == ["R001", "R002"]


def test_many_segments_and_long_names(
    case: Case, identity: SigningIdentity, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "long.mp4", frames=400, size=(64, 48))
    exhibit = add(case, clip, name="x" * 230 + ".mp4")
    analyse(case, exhibit, [Track(n, 30 * n, 30 * n + 25, 0.8) for n in range(1, 12)])
    record = write_report(case, tmp_path / "report.pdf", identity)
    text = Signed(tmp_path / "report.pdf", case.folder, record).text().replace(" ", "")
    assert "x" * 230 in text
    assert "facetrack11" in text


def test_a_track_without_a_score_has_a_sentence_instead_of_a_plot(
    case: Case, clip: Path, identity: SigningIdentity, tmp_path: Path
) -> None:
    tracks = [Track(1, 0, 40, 0.5), Track(2, 5, 15, 0.5, (5, 15))]
    run = analyse(case, add(case, clip), tracks)
    (_, plotted), (_, said) = timelines(case, run)
    assert len(plotted.contents) > 1
    assert "nothing to plot" in said.contents[0].text
    written = write_report(case, tmp_path / "report.pdf", identity)
    text = " ".join(poppler("pdftotext", "-raw", str(written.path), "-").split())
    assert "No frame of this track could be scored, so there is nothing to plot." in text
    assert "Figure 1. Scores of E001, track 1" in text
    assert "Scores of E001, track 2" not in text
