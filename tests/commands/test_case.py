"""`workstation case`, `workstation custody`."""

import json
import stat


def test_create_and_show(case, answer):
    shown = answer("case", "show", case)
    assert (shown["number"], shown["examiner"], shown["exhibits"]) == ("2026-1", "A. Examiner", [])
    assert shown["custody_entries"] == 1
    assert len(shown["custody_head"]) == 64


def test_create_needs_number_and_examiner(call, tmp_path):
    assert call("case", "create", tmp_path / "new")[0] == 2
    assert call("case", "create", tmp_path / "new", "--number", " ", "--examiner", "A")[0] == 1
    assert not (tmp_path / "new").exists()


def test_create_does_not_touch_a_case(case, call):
    before = (case / "case.sqlite").read_bytes()
    status, _, err = call("case", "create", case, "--number", "2", "--examiner", "B")
    assert status == 1
    assert "is a case already" in err
    assert (case / "case.sqlite").read_bytes() == before


def test_show_in_words(filled, call):
    status, out, _ = call("case", "show", filled)
    assert status == 0
    assert "2026-1" in out
    assert "E001" in out
    assert "not analysed" in out


def test_verify_intact_altered_missing(filled, call, answer):
    verified = answer("case", "verify", filled)
    assert verified["in_order"] is True
    assert verified["exhibits"] == {"E001": "intact"}

    copy = next((filled / "exhibits").iterdir())
    copy.chmod(stat.S_IRUSR | stat.S_IWUSR)
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    status, out, _ = call("case", "verify", filled, "--json")
    assert status == 1
    assert json.loads(out)["exhibits"] == {"E001": "altered"}
    assert json.loads(out)["custody_log"]["intact"] is True

    copy.unlink()
    status, out, _ = call("case", "verify", filled)
    assert status == 1
    assert "missing" in out


def test_verify_a_broken_log(case, call, answer):
    import sqlite3

    database = sqlite3.connect(case / "case.sqlite")
    with database:
        database.execute("DROP TRIGGER custody_no_update")
        database.execute("UPDATE custody SET actor = 'B. Other' WHERE sequence = 1")
    database.close()
    status, out, _ = call("case", "verify", case, "--json")
    assert status == 1
    assert json.loads(out)["custody_log"]["intact"] is False
    status, out, _ = call("custody", case)
    assert status == 1
    assert "BROKEN" in out


def test_custody_lists_every_act(filled, answer, call):
    log = answer("custody", filled)
    assert log["intact"] is True
    assert [entry["act"] for entry in log["entries"]] == ["case created", "exhibit added"]
    assert log["entries"][-1]["sha256"] == log["head"]
    assert "exhibit added E001" in call("custody", filled)[1]


def test_the_script_in_the_documents_verifies_the_log(filled, monkeypatch, capsys):
    from tests.test_house import ROOT

    text = (ROOT / "docs" / "case-format.md").read_text(encoding="utf-8")
    script = text.split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(filled)
    variables: dict[str, object] = {}
    exec(script, variables)
    variables["log"].close()
    assert capsys.readouterr().out.startswith("intact, head ")


def test_verifying_can_leave_the_case_untouched(filled, answer, call):
    before = answer("custody", filled)["head"]
    assert answer("case", "verify", filled, "--read-only")["in_order"]
    assert answer("custody", filled)["head"] == before
    copy = next((filled / "exhibits").iterdir())
    copy.chmod(0o644)
    copy.write_bytes(b"another film")
    status, out, _ = call("case", "verify", filled, "--read-only")
    assert status == 1
    assert "altered" in out
