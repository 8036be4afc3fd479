"""Every key of the program: the defaults, what the examiner chose instead, and what collides."""

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence

from ui import preferences
from ui.actions import ACTIONS
from ui.player.keys import KEYS, KeyFacts
from ui.timeline import keys as timeline

PLAYER = "player."  # before the name of an act of the player
TIMELINE = "timeline."  # before the name of an act of the timeline


class Key(NamedTuple):
    """One act that keys can be bound to.

    Attributes:
        name: of the action, or `PLAYER` or `TIMELINE` and the name of its act.
        group: heading that it is listed under.
        text: what it does.
        keys: its default keys in Qt's portable spelling.
    """

    name: str
    group: str
    text: str
    keys: tuple[str, ...]


FIXED: Final = (
    ("Enter", "lists: go to the place"),
    ("F2, Delete", "marks: edit, remove"),
)
"""Keys that belong to the widget with the focus and stay as they are."""


class KeyKeeper(QObject):
    """Announces that other keys were chosen."""

    changed = Signal()


@functools.cache
def keeper() -> KeyKeeper:
    """The one keeper of the keys in this process."""
    return KeyKeeper()


@functools.cache
def table() -> tuple[Key, ...]:
    """Every act that keys can be bound to, menus first."""
    lanes = _acts(TIMELINE, "Timeline, while it has the keyboard", timeline.KEYS)
    return (*_actions(), *_acts(PLAYER, "Player", KEYS), *lanes)


def keys_of(name: str) -> tuple[str, ...]:
    """The keys of an act: those chosen, else the defaults."""
    return chosen().get(name, defaults()[name])


def defaults() -> dict[str, tuple[str, ...]]:
    """The default keys of every act."""
    return {key.name: key.keys for key in table()}


def chosen() -> dict[str, tuple[str, ...]]:
    """The keys that the examiner chose instead of defaults."""
    known = {key.name for key in table()}
    return {name: keys for name, keys in preferences.keys().items() if name in known}


def in_force() -> dict[str, tuple[str, ...]]:
    """The keys of every act."""
    return defaults() | chosen()


def choose(keys: Mapping[str, tuple[str, ...]]) -> None:
    """Keep these keys, those that are the defaults left out, and put them in force."""
    usual = defaults()
    preferences.keep_keys({name: some for name, some in keys.items() if some != usual[name]})
    keeper().changed.emit()


def conflicts(keys: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """Acts whose keys another act has too: name to the names of the others."""
    users: dict[str, list[str]] = {}
    for name, some in keys.items():
        for one in dict.fromkeys(map(portable, some)):
            users.setdefault(one, []).append(name)
    found: dict[str, list[str]] = {}
    for names in users.values():
        for name in names if len(names) > 1 else ():
            found.setdefault(name, []).extend(other for other in names if other != name)
    return found


def portable(text: str) -> str:
    """A key in its one spelling, "" for what is no key."""
    return QKeySequence(text).toString(QKeySequence.SequenceFormat.PortableText)


def shown(keys: tuple[str, ...]) -> str:
    """Keys as this computer's keyboard names them."""
    native = QKeySequence.SequenceFormat.NativeText
    return ", ".join(QKeySequence(text).toString(native) for text in keys)


def said(name: str) -> str:
    """The key of an act for use in a sentence; where it has none, its name in the list of acts."""
    act = next(one.text for one in table() if one.name == name)
    return shown(keys_of(name)[:1]) or f"“{act[0].upper()}{act[1:]}”"


def keys_after(start: str) -> dict[str, tuple[str, ...]]:
    """The keys of the acts of the player (`PLAYER`) or the timeline, by their own names."""
    acts = in_force().items()
    return {name.removeprefix(start): keys for name, keys in acts if name.startswith(start)}


def listing() -> str:
    """Every key in words, for the list under Help."""
    lines, group = [], ""
    for key in table():
        pressed = shown(keys_of(key.name))
        if pressed and key.group != group:
            lines += ["", key.group] if lines else [key.group]
            group = key.group
        if pressed:
            lines.append(f"  {pressed:<26}{key.text}")
    return "\n".join([*lines, "", "Where the focus is", *(f"  {k:<26}{t}" for k, t in FIXED)])


def _actions() -> Iterator[Key]:
    for facts in ACTIONS:
        plain = facts.text.replace("&", "").rstrip("…")
        keys = (facts.keys,) if facts.keys else ()
        yield Key(facts.name, facts.menu.replace("&", ""), plain, keys)


def _acts(start: str, group: str, table: Iterable[KeyFacts]) -> Iterator[Key]:
    for act in table:
        yield Key(f"{start}{act.name}", group, act.words, act.keys)
