"""What each act of the player does, by the names of `ui.player.keys.KEYS`."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QMenu, QWidget

from ui.player.keys import KEYS, KeyMap
from ui.player.overlay import Shown
from ui.player.sight import STEP

if TYPE_CHECKING:
    from ui.player.player import PlayerWidget

PAN = 80.0  # logical pixels
LOUDER = 0.1
FACES_MENU = ("boxes", "landmarks", "tracks", "scores", "state")
DISPLAY_MENU = (
    ("fit", "actual_size", "zoom_in", "zoom_out"),
    ("adjust", "channel", "grid", "as_recorded"),
)


def acts_of(player: "PlayerWidget") -> dict[str, Callable[[], object]]:
    """Everything the player can be told to do."""
    return {**_going(player), **_playing(player), **_looking(player)}


def _going(player: "PlayerWidget") -> dict[str, Callable[[], object]]:
    return {
        "back": lambda: player.step(-1),
        "on": lambda: player.step(1),
        "back_ten": lambda: player.step(-10),
        "on_ten": lambda: player.step(10),
        "key_back": lambda: player.step_key_frame(-1),
        "key_on": lambda: player.step_key_frame(1),
        "first": lambda: player.seek(0),
        "last": lambda: player.seek(player.frames - 1),
        "segment_on": lambda: player.go_to_segment(1),
        "segment_back": lambda: player.go_to_segment(-1),
        "highest": player.go_to_highest,
        "least_certain": player.go_to_least_certain,
        "go_to": player.ask_where,
        "marker": player.want_marker,
    }


def _playing(player: "PlayerWidget") -> dict[str, Callable[[], object]]:
    sound = player.sound
    return {
        "play": player.toggle,
        "shuttle_back": lambda: player.shuttle(-1),
        "shuttle_on": lambda: player.shuttle(1),
        "in_point": player.begin_here,
        "out_point": player.end_here,
        "clear_points": lambda: player.set_points(None, None),
        "loop": lambda: player.set_repeat(not player.repeat),
        "slower": lambda: player.change_speed(-1),
        "faster": lambda: player.change_speed(1),
        "sound": lambda: _set_volume(player, sound.volume, not sound.muted),
        "louder": lambda: _set_volume(player, sound.volume + LOUDER, False),
        "quieter": lambda: _set_volume(player, sound.volume - LOUDER, sound.muted),
    }


def _set_volume(player: "PlayerWidget", volume: float, muted: bool) -> None:
    """Set it; where no sound can be heard, say why."""
    player.sound.set_volume(volume, muted=muted)
    if not player.sound.usable and player.sound.reason:
        player.say(player.sound.reason)


def _looking(player: "PlayerWidget") -> dict[str, Callable[[], object]]:
    view, adjust = player.view, player.adjust
    switches = {name: partial(player.switch, name) for name in FACES_MENU}
    return {
        **switches,
        "faces": lambda: player.show_boxes(not view.boxes_shown),
        "crops": lambda: player.show_crops(not player.crops_shown),
        "zoom_in": lambda: view.zoom(STEP),
        "zoom_out": lambda: view.zoom(1 / STEP),
        "fit": view.fit_picture,
        "actual_size": view.actual_size,
        "pan_left": lambda: view.pan(QPointF(PAN, 0)),
        "pan_right": lambda: view.pan(QPointF(-PAN, 0)),
        "pan_up": lambda: view.pan(QPointF(0, PAN)),
        "pan_down": lambda: view.pan(QPointF(0, -PAN)),
        "grid": adjust.next_grid,
        "channel": adjust.next_channel,
        "adjust": lambda: adjust.setVisible(adjust.isHidden()),
        "as_recorded": adjust.reset,
    }


def faces_menu(player: "PlayerWidget", parent: QWidget) -> QMenu:
    """A menu of what is drawn over the picture, each with its tick."""
    menu = QMenu(parent)
    menu.setAccessibleName("What is drawn over the picture")
    words = {facts.name: facts.words.removesuffix(" on or off") for facts in KEYS}
    for name in FACES_MENU:
        action = menu.addAction(words[name].capitalize())
        action.setCheckable(True)
        action.setChecked(getattr(Shown(), name))
        action.triggered.connect(lambda _=False, name=name: player.act(name))
    menu.aboutToShow.connect(lambda: _tick(menu, player))
    return menu


def display_menu(player: "PlayerWidget", parent: QWidget) -> QMenu:
    """A menu of zoom and adjustments."""
    menu = QMenu(parent)
    menu.setAccessibleName("Display")
    words = {facts.name: facts.words for facts in KEYS}
    for part in DISPLAY_MENU:
        for name in part:
            action = menu.addAction(words[name].capitalize())
            action.setData(name)
            action.triggered.connect(lambda _=False, name=name: player.act(name))
        menu.addSeparator()
    return menu


def show_keys(menu: QMenu, keys: KeyMap) -> None:
    """Write the keys of each action beside it, without making them shortcuts of the window."""
    for action in menu.actions():
        name = action.data()
        if isinstance(name, str):
            words = action.text().split("\t")[0]
            action.setText(f"{words}\t{keys.keys_of(name)}".rstrip("\t"))


def _tick(menu: QMenu, player: "PlayerWidget") -> None:
    for action, name in zip(menu.actions(), FACES_MENU, strict=True):
        action.setChecked(getattr(player.view.shown, name))
