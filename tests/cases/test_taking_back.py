"""A file and its entry in the log belong together; what was replaced comes back with neither."""

from pathlib import Path

import pytest

from workstation.cases.exports import put_in_place, taken_back, writing
from workstation.errors import WorkstationError


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_text("old")
    return path


def export(target: Path, *, fails: bool = False) -> None:
    with taken_back() as written:
        with writing(target, "The scores") as part:
            part.write_text("new")
        written.append(target)
        if fails:
            raise WorkstationError("The case could not be written.")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_replaced_comes_back_when_the_entry_fails(target: Path) -> None:
    with pytest.raises(WorkstationError):
        export(target, fails=True)
    assert target.read_text() == "old"
    assert names(target.parent) == [target.name]


def test_what_is_new_goes_when_the_entry_fails(target: Path) -> None:
    target.unlink()
    with pytest.raises(WorkstationError):
        export(target, fails=True)
    assert names(target.parent) == []


def test_nothing_is_left_beside_an_export(target: Path) -> None:
    export(target)
    export(target)
    assert target.read_text() == "new"
    assert names(target.parent) == [target.name]


def test_without_links_what_was_replaced_comes_back_too(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", none)
    with pytest.raises(WorkstationError):
        export(target, fails=True)
    assert target.read_text() == "old"
    assert names(target.parent) == [target.name]


@pytest.mark.parametrize("links", [True, False])
def test_a_failed_replacement_leaves_what_was_there(
    target: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def none(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", none)
    with pytest.raises(FileNotFoundError):
        put_in_place(target.with_name("not there"), target)
    assert target.read_text() == "old"
    assert names(target.parent) == [target.name]
