"""What an audit of the packages came to, in words: never green when nothing was looked at."""

import importlib.util
import json
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    place = ROOT / "packaging" / "audit.py"
    spec = importlib.util.spec_from_file_location("packages_audit", place)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SOUND = {"name": "a", "version": "1", "vulns": []}
LEFT_OUT = {"name": "b", "skip_reason": "not found"}
AFFECTED = {
    "name": "c",
    "version": "2",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"], "description": "bad"}],
}


@pytest.mark.parametrize(
    ("packages", "words", "affected"),
    [
        ([SOUND, LEFT_OUT], "1 of 2 locked packages were held", False),
        ([SOUND, AFFECTED], "c 2: PYSEC-1 (mended in 3)", True),
        ([LEFT_OUT, LEFT_OUT], "SKIPPED", False),
        ([], "SKIPPED", False),
    ],
)
def test_what_was_left_out_is_said(
    audit: ModuleType, packages: list[dict[str, object]], words: str, affected: bool
) -> None:
    line, found = audit.judge(json.dumps({"dependencies": packages}), "")
    assert words in line
    assert found is affected


@pytest.mark.parametrize("output", ["", "[]", "null", "no JSON"])
def test_without_a_network_it_says_so_and_fails_nothing(audit: ModuleType, output: str) -> None:
    line, found = audit.judge(output, "Traceback\nConnectionError: no route")
    assert line.startswith("audit: SKIPPED")
    assert line.endswith("no route")
    assert not found


def test_an_audit_that_takes_too_long_is_skipped(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def slow(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("pip-audit", 60)

    monkeypatch.setattr(audit.subprocess, "run", slow)
    assert audit.main() == 0
    assert "no answer within" in capsys.readouterr().out
