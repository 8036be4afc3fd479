"""Every act of the player, with the keys that do it."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence


class KeyFacts(NamedTuple):
    """One act.

    Attributes:
        name: what `PlayerWidget.act` takes.
        words: what it does, for lists and menus.
        keys: its keys as `QKeySequence` writes them in portable text; may be empty.
    """

    name: str
    words: str
    keys: tuple[str, ...] = ()


KEYS: Final = (
    KeyFacts("play", "play or pause", ("Space", "K")),
    KeyFacts("shuttle_back", "play backwards; again: 2, 4, 8 times as fast", ("J",)),
    KeyFacts("shuttle_on", "play forwards; again: 2, 4, 8 times as fast", ("L",)),
    KeyFacts("back", "one frame back", ("Left",)),
    KeyFacts("on", "one frame forward", ("Right",)),
    KeyFacts("back_ten", "ten frames back", ("Shift+Left",)),
    KeyFacts("on_ten", "ten frames forward", ("Shift+Right",)),
    KeyFacts("key_back", "key frame before", ("PgUp",)),
    KeyFacts("key_on", "key frame after", ("PgDown",)),
    KeyFacts("first", "first frame", ("Home",)),
    KeyFacts("last", "last frame", ("End",)),
    KeyFacts("segment_on", "next segment", ("N",)),
    KeyFacts("segment_back", "previous segment", ("P",)),
    KeyFacts("highest", "frame with the highest score", ("H",)),
    KeyFacts("least_certain", "frame whose score is nearest the middle of inconclusive", ("U",)),
    KeyFacts("go_to", "go to a frame or a time", ("G",)),
    KeyFacts("marker", "set a marker on this frame", ("M",)),
    KeyFacts("in_point", "in point here", ("I",)),
    KeyFacts("out_point", "out point here", ("O",)),
    KeyFacts("clear_points", "remove in and out point", ("X",)),
    KeyFacts("loop", "repeat between in and out point, or the whole", ("R",)),
    KeyFacts("slower", "slower", ("[",)),
    KeyFacts("faster", "faster", ("]",)),
    KeyFacts("sound", "sound on or off", ("S",)),
    KeyFacts("louder", "louder", ("Shift+Up",)),
    KeyFacts("quieter", "quieter", ("Shift+Down",)),
    KeyFacts("faces", "what is drawn of the faces on or off", ("B",)),
    KeyFacts("boxes", "face boxes on or off"),
    KeyFacts("landmarks", "landmarks on or off", ("Shift+B",)),
    KeyFacts("tracks", "track numbers on or off"),
    KeyFacts("scores", "scores on or off"),
    KeyFacts("state", "state of the frame on or off"),
    KeyFacts("crops", "what the network saw, beside the picture", ("C",)),
    KeyFacts("zoom_in", "enlarge the picture", ("Z",)),
    KeyFacts("zoom_out", "reduce the picture", ("Shift+Z",)),
    KeyFacts("fit", "whole picture", ("F",)),
    KeyFacts("actual_size", "one pixel of the picture to one of the screen", ("1",)),
    KeyFacts("pan_left", "move the enlarged picture: left", ("Alt+Left",)),
    KeyFacts("pan_right", "move the enlarged picture: right", ("Alt+Right",)),
    KeyFacts("pan_up", "move the enlarged picture: up", ("Alt+Up",)),
    KeyFacts("pan_down", "move the enlarged picture: down", ("Alt+Down",)),
    KeyFacts("grid", "next grid, or none", ("Shift+G",)),
    KeyFacts("channel", "next channel: all, red, green, blue, luma", ("V",)),
    KeyFacts("adjust", "brightness, contrast and gamma of the display", ("D",)),
    KeyFacts("as_recorded", "display as recorded: no adjustment", ("Shift+D",)),
)


class KeyMap:
    """Which act a key does; keys can be given to other acts."""

    def __init__(
        self,
        changed: Mapping[str, Iterable[str]] | None = None,
        table: Iterable[KeyFacts] = KEYS,
    ) -> None:
        """Take the default keys of a table, but for the acts named in `changed`."""
        changed = changed or {}
        self._acts = {
            _normal(key): facts.name
            for facts in table
            for key in changed.get(facts.name, facts.keys)
        }

    def act(self, event: QKeyEvent) -> str | None:
        """The act of a key event, or None."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        act = self._acts.get(_spelled(modifiers, event.key()))
        if act is None and event.text() in _SIGNS:  # some keyboards need Shift to write them
            bare = modifiers & ~Qt.KeyboardModifier.ShiftModifier
            act = self._acts.get(_spelled(bare, event.key()))
        return act

    def keys_of(self, name: str) -> str:
        """The keys of an act as the examiner reads them, "" if it has none."""
        native = QKeySequence.SequenceFormat.NativeText
        keys = [key for key, act in self._acts.items() if act == name]
        return " or ".join(QKeySequence(key).toString(native) for key in keys)


_SIGNS = tuple("+-*/=.,;:<>()[]{}!?#%&'\"_")
_PORTABLE = QKeySequence.SequenceFormat.PortableText


def _spelled(modifiers: Qt.KeyboardModifier, key: int) -> str:
    return QKeySequence(QKeyCombination(modifiers, Qt.Key(key))).toString(_PORTABLE)


def _normal(key: str) -> str:
    return QKeySequence(key).toString(_PORTABLE)
