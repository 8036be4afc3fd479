"""Reports that somebody else signed, with whatever they liked in them."""

import os
import zlib
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.generic import StreamObject, pdf_name

from workstation.errors import ReportError
from workstation.report import seal, verification
from workstation.report.seal import SealError
from workstation.report.shape import are_facts
from workstation.report.verification import verify_report

FACTS: dict[str, Any] = {
    "schema": 1,
    "report": {"sequence": 1, "identity": "x", "certificates_sha256": ["y"]},
    "case": {"number": "1"},
    "custody": {"head": "0"},
    "exhibits": [{"number": "E001", "sha256": "a"}],
    "runs": [
        {
            "exhibit": "E001",
            "id": 1,
            "scores_sha256": "b",
            "findings": [{"track": None, "finding": "inconclusive"}],
        }
    ],
}


def test_facts_of_a_report_are_known() -> None:
    assert are_facts(FACTS)
    assert are_facts(FACTS | {"references": []})


@pytest.mark.parametrize(
    "wrong",
    [
        {"report": None},
        {"report": {"sequence": "1", "identity": "x", "certificates_sha256": []}},
        {"report": {"sequence": True, "identity": "x", "certificates_sha256": []}},
        {"case": []},
        {"custody": {}},
        {"exhibits": {"number": "E001"}},
        {"exhibits": [{"number": ["E001"], "sha256": "a"}]},
        {"runs": [FACTS["runs"][0] | {"id": 2**70}]},
        {"runs": [FACTS["runs"][0] | {"findings": [{"track": "one", "finding": "x"}]}]},
        {"references": [{"questioned": "E001", "references": [{"id": 1}]}]},
    ],
)
def test_facts_of_another_shape_are_none(wrong: dict[str, Any]) -> None:
    assert not are_facts(FACTS | wrong)


def packed(data: bytes, **more: Any) -> StreamObject:
    entries = {pdf_name("/Filter"): pdf_name("/FlateDecode")}
    entries |= {pdf_name(f"/{name}"): value for name, value in more.items()}
    return StreamObject(entries, encoded_data=zlib.compress(data))


def test_facts_that_swell_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seal, "_LARGEST_FACTS", 1000)
    assert seal._unpacked(packed(bytes(1000))) == bytes(1000)
    with pytest.raises(SealError, match="larger than those of any report"):
        seal._unpacked(packed(bytes(1001)))
    with pytest.raises(SealError, match="packed in a way"):
        seal._unpacked(packed(b"", DecodeParms=pdf_name("/Odd")))


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "zero.pdf").symlink_to("/dev/zero")
    with (tmp_path / "huge.pdf").open("wb") as file:
        file.truncate(2**40)
    for name in ("pipe.pdf", "zero.pdf", "huge.pdf"):
        with pytest.raises(ReportError, match="no file that could be a report"):
            verify_report(tmp_path / name)
    with pytest.raises(ReportError, match="cannot be read as a certificate"):
        verification._certificates(tmp_path / "huge.pdf")
