"""Settings that were damaged or made by somebody else: read as far as they make sense."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from PySide6.QtCore import QByteArray, QSettings

from tests.hostile.damage import damaged
from ui import preferences

NESTED = "[" * 5000 + "]" * 5000


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path) -> Iterator[Path]:
    before = preferences._store().fileName().split("/Deepfake")[0]
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(tmp_path))
    yield tmp_path
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, before)


def keep(key: str, value: object) -> None:
    preferences._store().setValue(key, value)


@pytest.mark.parametrize("value", [NESTED, "{", "7", "null", '{"a": 1}', "[1, null, [2]]", "\0"])
def test_lists_that_are_none_are_empty(value: str) -> None:
    for key in ("recent", "layout names", "keys", "lanes/order"):
        keep(key, value)
    assert preferences.recent_cases() == []
    assert preferences.layout_names() == []
    assert preferences.keys() == {}
    assert preferences.lanes("order") == []


def test_a_folder_that_no_system_has_is_left_out() -> None:
    keep("recent", json.dumps(["/a\0b", "/c", *(f"/{n}" for n in range(1000))]))
    recent = preferences.recent_cases()
    assert recent[0] == Path("/c")
    assert len(recent) == preferences.MOST_RECENT


def test_a_layout_that_was_changed_is_not_handed_to_qt() -> None:
    state = bytes(range(200))
    preferences.keep_named_layout("mine", QByteArray(state))
    assert preferences.named_layout("mine").data() == state
    key = f"layout/named/{preferences._hex('mine')}"
    kept = preferences._store().value(key).data()
    rng = Random(1)
    for _ in range(50):
        broken = damaged(kept, rng, "kept", {"kept": kept})
        keep(key, QByteArray(broken))
        assert preferences.named_layout("mine").data() == (state if broken == kept else b"")
    for other in (b"", state, "text", 7, [1]):
        keep(key, QByteArray(other) if isinstance(other, bytes) else other)
        assert preferences.named_layout("mine").isEmpty()


def test_numbers_and_choices_out_of_bounds_are_brought_back() -> None:
    for value in ("9" * 5000, "-1", "many", NESTED, QByteArray(b"\xff")):
        for key in ("workers", "device", "theme"):
            keep(key, value)
        assert 1 <= preferences.workers() <= preferences.most_workers()
        assert preferences.device() == "auto"


def test_a_file_of_noise_is_read_as_nothing(own_settings: Path) -> None:
    keep("theme", "light")
    preferences._store().sync()
    (path,) = own_settings.rglob("*.ini")
    rng = Random(2)
    for _ in range(20):
        path.write_bytes(rng.randbytes(rng.randrange(1, 5000)))
        preferences.recent_cases(), preferences.keys(), preferences.layout("docks")
        assert preferences.device() in preferences.DEVICES
