"""`workstation exhibit reference`."""

import json
from pathlib import Path

import pytest

from tests.report.filled_case import Track, add, analyse, make_clip, new_case

HOW = "recorded by the laboratory"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("drawn") / "drawn.mp4")


@pytest.fixture
def filled(tmp_path: Path, drawn: Path) -> Path:
    """E001 scores high, E002 to E004 low; E005 was not analysed."""
    with new_case(tmp_path / "filled") as case:
        for mean in (0.9, 0.3, 0.35, 0.25):
            analyse(case, add(case, drawn), [Track(1, 0, 40, mean)])
        add(case, drawn)
    return tmp_path / "filled"


def refer(answer, folder, number, *more):
    words = ("exhibit", "reference", "add", folder, "E001", "--to", number, "--how", HOW)
    return answer(*words, "--kind", "person", *more)


def test_references_are_added_listed_and_removed(filled, answer, call):
    added = refer(answer, filled, "E002", "--kind", "platform")["beside_references"]
    assert added["references"][0]["kinds"] == ["same person", "same platform"]
    assert added["tracks"][0]["relation"] == "too few references to say"
    for number in ("E003", "E004"):
        refer(answer, filled, number)
    (listed,) = answer("exhibit", "reference", "list", filled, "E001")["exhibits"]
    assert listed["tracks"][0]["relation"] == "higher than its references"
    assert listed["recordings"] == 3
    low, high = listed["tracks"][0]["interval"]
    assert low < listed["tracks"][0]["references_mean"] < high < listed["tracks"][0]["mean_logit"]
    out = call("exhibit", "reference", "list", filled)[1]
    assert "higher than its references" in out
    assert "3 references (3 same person, 1 same platform)" in out
    assert HOW in out
    pair = ("exhibit", "reference", "remove", filled, "E001", "--to", "E004")
    status, out, _ = call(*pair, "--why", "another person")
    assert status == 0
    assert "no longer a reference" in out
    assert "another person" in call("exhibit", "reference", "list", filled)[1]
    assert answer("case", "verify", filled, "--read-only")["disagreements"] == []


def test_copies_count_once_and_what_cannot_be_compared_says_why(filled, answer):
    refer(answer, filled, "E002")
    refer(answer, filled, "E003", "--copy-of", "E002")
    view = refer(answer, filled, "E005")["beside_references"]
    assert view["recordings"] == 1
    assert "not analysed" in view["references"][2]["problem"]


def test_scores_say_what_the_references_say(filled, answer, tmp_path):
    words = ("scores", filled, "E001", "--output", tmp_path / "scores.csv", "--overwrite")
    assert answer(*words)["beside_references"] is None
    refer(answer, filled, "E002")
    assert answer(*words)["beside_references"]["recordings"] == 1


def test_what_makes_no_sense_is_one_sentence(filled, call):
    pair = ("exhibit", "reference", "add", filled, "E001", "--to", "E001")
    status, _, error = call(*pair, "--kind", "camera", "--how", HOW, "--json")
    assert status == 1
    assert "its own reference" in json.loads(error)["error"]
    assert call(*pair, "--kind", "brand", "--how", HOW)[0] == 2


def test_nothing_to_list_says_what_to_do(filled, call):
    assert "No references" in call("exhibit", "reference", "list", filled)[1]
