"""What the window remembers between two uses; nothing in here is evidence."""

import base64
import hashlib
import os
from pathlib import Path

from PySide6.QtCore import QByteArray

from ui.settings_file import store
from workstation.errors import WorkstationError

DEVICES = ("auto", "cpu", "cuda")
MOST_RECENT = 8
_LONGEST = 4096  # characters of one text
_DIGEST = hashlib.sha256().digest_size


def theme() -> str:
    """The chosen theme: "system", "dark" or "light"."""
    return _text("theme", "dark")


def device() -> str:
    """Where analysis runs: "auto", "cpu" or "cuda"."""
    chosen = _text("device", "auto")
    return chosen if chosen in DEVICES else "auto"


def most_workers() -> int:
    """The most chunks this machine should analyse at once."""
    return max(1, os.cpu_count() or 1)


def workers() -> int:
    """How many chunks are analysed at once."""
    chosen = store().value("workers")
    if not isinstance(chosen, int) or isinstance(chosen, bool):
        chosen = max(1, most_workers() - 1)
    return min(max(chosen, 1), most_workers())


def keep(*, theme: str, device: str, workers: int) -> None:
    """Remember what the preferences dialog was left with."""
    _make_sure({"theme": theme, "device": device, "workers": workers})


def keep_theme(theme: str) -> None:
    """Remember the theme chosen in the menu."""
    store().keep("theme", theme)


def last_examiner() -> tuple[str, str]:
    """Name and organisation given for the last case that was created."""
    return _text("examiner"), _text("organisation")


def remember_examiner(name: str, organisation: str) -> None:
    """Remember who created a case, to suggest it for the next."""
    store().keep_all({"examiner": name[:_LONGEST], "organisation": organisation[:_LONGEST]})


def recent_cases() -> list[Path]:
    """Case folders opened before, newest first; some may be gone."""
    return [Path(folder) for folder in _texts("recent") if "\0" not in folder][:MOST_RECENT]


def remember_case(folder: Path) -> None:
    """Put a case folder at the head of the recent ones."""
    others = [one for one in recent_cases() if one != folder]
    store().keep("recent", [str(one) for one in [folder, *others]][:MOST_RECENT])


def forget_case(folder: Path) -> None:
    """Drop a case folder from the recent ones."""
    store().keep("recent", [str(one) for one in recent_cases() if one != folder])


def waiting_exhibits(folder: Path) -> list[str]:
    """Exhibits of a case whose analysis was queued and not finished when the window last saw it."""
    return _texts(f"waiting/{_key(folder)}")


def remember_waiting(folder: Path, exhibits: list[str]) -> None:
    """Remember which exhibits of a case are queued for analysis."""
    store().keep(f"waiting/{_key(folder)}", exhibits or None)


def layout(name: str) -> QByteArray:
    """The saved sizes of a splitter or of the window; empty if never saved, or damaged since.

    Qt crashes over some damaged states, and would again at every start.
    """
    try:
        kept = base64.b64decode(_text(f"layout/{name}", most=10**6), validate=True)
    except ValueError:
        kept = b""
    digest, state = kept[:_DIGEST], kept[_DIGEST:]
    return QByteArray(state if digest == _digest(state) else b"")


def keep_layout(name: str, state: QByteArray) -> None:
    """Save the sizes of a splitter or of the window."""
    store().keep(f"layout/{name}", _packed(state))


def _packed(state: QByteArray) -> str:
    return base64.b64encode(_digest(state.data()) + state.data()).decode("ascii")


def _digest(state: bytes) -> bytes:
    return hashlib.sha256(state).digest()


def lanes(what: str) -> list[str]:
    """Kinds of timeline lanes: their "order", those "collapsed", those "hidden"."""
    return _texts(f"lanes/{what}")


def keep_lanes(what: str, kinds: list[str]) -> None:
    """Remember the order of the timeline's lanes, or which are collapsed or hidden."""
    store().keep(f"lanes/{what}", kinds)


def layout_names() -> list[str]:
    """Names of the layouts that the examiner saved."""
    return _texts("layout names")


def keep_named_layout(name: str, state: QByteArray) -> None:
    """Save where the docks are under a name, instead of what had that name before."""
    names = sorted({*layout_names(), name})
    _make_sure({f"layout/named/{_hex(name)}": _packed(state), "layout names": names})


def named_layout(name: str) -> QByteArray:
    """Where the docks were when the layout was saved; empty if there is none of that name."""
    return layout(f"named/{_hex(name)}")


def forget_layout(name: str) -> None:
    """Drop a saved layout."""
    names = [one for one in layout_names() if one != name]
    store().keep_all({f"layout/named/{_hex(name)}": None, "layout names": names})


def keys() -> dict[str, tuple[str, ...]]:
    """Keys chosen instead of the defaults, by the name of the act."""
    kept = store().value("keys")
    if not isinstance(kept, dict):
        return {}
    lists = {name: some for name, some in kept.items() if isinstance(some, list)}
    return {name: tuple(map(str, some)) for name, some in lists.items()}


def keep_keys(keys: dict[str, tuple[str, ...]]) -> None:
    """Remember keys chosen instead of the defaults."""
    _make_sure({"keys": {name: list(some) for name, some in keys.items()}})


def text(name: str, default: str = "") -> str:
    """A choice made in the preferences, by its name."""
    return _text(f"choice/{name}", default)


def keep_text(name: str, value: str) -> None:
    """Remember a choice made in the preferences."""
    store().keep(f"choice/{name}", value[:_LONGEST])


def boxes() -> bool:
    """Whether face boxes are drawn when the window opens."""
    return text("boxes", "yes") == "yes"


def for_report() -> dict[str, object]:
    """What a problem report may say of the settings: numbers and words from closed lists."""
    return {
        "theme": theme() if theme() in ("system", "dark", "light") else "another",
        "device": device(),
        "workers": workers(),
        "layouts saved": len(layout_names()),
        "keys chosen": len(keys()),
    }


def trouble() -> str:
    """What was wrong with the settings that were found, as a sentence, or ""."""
    return store().trouble


def _make_sure(values: dict[str, object]) -> None:
    """Remember values, all or none.

    Raises:
        WorkstationError: they cannot be written; they are as they were.
    """
    if not store().keep_all(values):
        raise WorkstationError(
            "Your settings could not be saved and are as they were: the disk with your settings "
            "folder is full, or the folder cannot be written. Make room, then choose again."
        )


def _hex(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").hex()


def _key(folder: Path) -> str:
    return _hex(str(folder))


def _text(key: str, default: str = "", most: int = _LONGEST) -> str:
    kept = store().value(key, default)
    return kept if isinstance(kept, str) and len(kept) <= most else default


def _texts(key: str) -> list[str]:
    texts = store().value(key)
    return [text for text in texts if isinstance(text, str)] if isinstance(texts, list) else []
