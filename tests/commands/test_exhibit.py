"""`workstation exhibit`."""

import hashlib
import json
import sys

import pytest

from tests.commands.conftest import FRAMES


def test_add_and_list(case, clip, answer):
    added = answer("exhibit", "add", case, clip)
    assert added["refused"] == []
    listed = answer("exhibit", "list", case)
    assert listed == added["added"]
    exhibit = listed[0]
    assert exhibit["number"] == "E001"
    assert exhibit["original_name"] == clip.name
    assert exhibit["sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert exhibit["frames"] == FRAMES
    assert exhibit["state"] == "not analysed"
    assert exhibit["finding"] is None
    assert (exhibit["width"], exhibit["height"]) == (640, 360)


def test_refused_files_do_not_stop_the_others(case, clip, call, tmp_path, answer):
    empty = tmp_path / "empty.mp4"
    empty.touch()
    status, out, _ = call("exhibit", "add", case, empty, clip, clip, "--json")
    assert status == 1
    data = json.loads(out)
    assert [exhibit["number"] for exhibit in data["added"]] == ["E001"]
    assert [refused["file"] for refused in data["refused"]] == [str(empty), str(clip)]
    assert "E001" in data["refused"][1]["reason"]
    assert answer("case", "verify", case)["in_order"]


def test_list_in_words(case, clip, call):
    assert "No exhibits yet" in call("exhibit", "list", case)[1]
    status, out, _ = call("exhibit", "add", case, clip)
    assert status == 0
    assert f"E001  {clip.name}: {FRAMES} frames" in out
    out = call("exhibit", "list", case)[1]
    assert "not analysed" in out
    assert clip.name in out


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows refuses")
def test_a_name_cannot_pretend_to_be_another_line(case, clip, call, tmp_path):
    name = "a\x1b[2J\nE002  intact\u202e4pm.mp4"
    (tmp_path / name).write_bytes(clip.read_bytes())
    for words in (["add", case, tmp_path / name], ["add", case, tmp_path / name], ["list", case]):
        out = call("exhibit", *words)[1]
        assert not set(out) & {"\x1b", "\u202e"}
        assert not any(line.startswith("E002") for line in out.splitlines())
        assert "a\\u{1b}[2J\\u{a}E002  intact\\u{202e}4pm.mp4" in out
    out = call("exhibit", "list", case, "--json")[1]
    assert json.loads(out)[0]["original_name"] == name
