"""Settings that were damaged or made by somebody else: read as far as they make sense."""

import json
import os
import pickle
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QByteArray

from tests.hostile.damage import damaged
from ui import preferences
from ui.settings_file import LARGEST, SettingsFile, store

NESTED = "[" * 100_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "window.json"


def written(path: Path, content: bytes) -> SettingsFile:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return SettingsFile(path)


@pytest.mark.parametrize("value", [7, None, {"a": 1}, [1, None, [2]], "text", True])
def test_lists_that_are_none_are_empty(value: object) -> None:
    for key in ("recent", "layout names", "keys", "lanes/order"):
        store().keep(key, value)
    assert preferences.recent_cases() == []
    assert preferences.layout_names() == []
    assert preferences.keys() == {}
    assert preferences.lanes("order") == []


def test_a_folder_that_no_system_has_is_left_out() -> None:
    store().keep("recent", ["/a\0b", "/c", *(f"/{n}" for n in range(1000))])
    recent = preferences.recent_cases()
    assert recent[0] == Path("/c")
    assert len(recent) == preferences.MOST_RECENT


def test_a_layout_that_was_changed_is_not_handed_to_qt() -> None:
    state = bytes(range(200))
    preferences.keep_named_layout("mine", QByteArray(state))
    assert preferences.named_layout("mine").data() == state
    key = f"layout/named/{preferences._hex('mine')}"
    kept = store().value(key).encode()
    rng = Random(1)
    for _ in range(50):
        broken = damaged(kept, rng, "kept", {"kept": kept}).decode("latin-1")
        store().keep(key, broken)
        assert preferences.named_layout("mine").data() == (
            state if broken == kept.decode() else b""
        )
    for other in ("", "text", 7, [1], "é", "A" * 10**6):
        store().keep(key, other)
        assert preferences.named_layout("mine").isEmpty()


def test_numbers_and_choices_out_of_bounds_are_brought_back() -> None:
    for value in (10**300, -1, 0.5, "many", NESTED, [], True):
        for key in ("workers", "device", "theme", "examiner"):
            store().keep(key, value)
        assert 1 <= preferences.workers() <= preferences.most_workers()
        assert preferences.device() == "auto"
        assert len(preferences.last_examiner()[0]) < 10


def test_what_is_kept_is_there_for_another_window(path: Path) -> None:
    one, other = SettingsFile(path), SettingsFile(path)
    assert one.keep("a", [1, "\udcff"])
    assert other.value("a") == [1, "\udcff"]
    assert other.keep("b", 2)
    assert one.value("b") == 2
    assert one.keep("a", None)
    assert other.value("a", "gone") == "gone"
    assert [found.name for found in path.parent.iterdir()] == ["window.json"]
    assert one.trouble == other.trouble == ""


class Payload:
    """Runs something when it is restored."""

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("restored",)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"[1]", "damaged"),
        (b"\xff\xfe\0\0", "damaged"),
        (NESTED.encode(), "damaged"),
        (b"[General]\ntheme=@Variant(\\0\\0\\0\\x7f)", "damaged"),
        (pickle.dumps(Payload()), "damaged"),
        (b'{"a": "' + b"x" * LARGEST + b'"}', "larger than any"),
    ],
)
def test_a_file_that_cannot_be_used_is_set_aside(
    path: Path, content: bytes, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent.parent)
    settings = written(path, content)
    assert settings.value("theme", "dark") == "dark"
    assert why in settings.trouble
    assert "window.json.aside-1" in settings.trouble
    assert path.with_name("window.json.aside-1").read_bytes() == content
    assert settings.keep("theme", "light")
    assert SettingsFile(path).value("theme") == "light"
    assert not Path("restored").exists()
    written(path, content).value("theme")
    assert path.with_name("window.json.aside-2").read_bytes() == content


def test_noise_is_never_anything_but_damage(path: Path) -> None:
    rng = Random(2)
    sound = json.dumps({"theme": "light", "workers": 2, "recent": ["/a"]}).encode()
    for _ in range(100):
        settings = written(path, damaged(sound, rng, "sound", {"sound": sound}))
        settings.value("theme")
        assert settings.keep("theme", "dark")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), os.mkdir])
def test_what_is_no_file_is_neither_read_nor_waited_for(path: Path, make: object) -> None:
    path.parent.mkdir()
    make(path)  # type: ignore[operator]
    settings = SettingsFile(path)
    assert settings.value("theme", "dark") == "dark"
    assert "no ordinary file" in settings.trouble
    assert settings.keep("theme", "light")


def test_a_file_that_cannot_be_set_aside_stays_as_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = written(path, b"mine")

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "rename", refuse)
    assert settings.value("theme", "dark") == "dark"
    assert "out of the way" in settings.trouble
    assert not settings.keep("theme", "light")
    assert path.read_bytes() == b"mine"


def test_no_more_is_written_than_is_read(path: Path) -> None:
    settings = SettingsFile(path)
    assert settings.keep("a", "small")
    assert not settings.keep("b", "x" * LARGEST)
    assert SettingsFile(path).value("a") == "small"
