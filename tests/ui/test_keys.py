"""Keys: every act has its own, others can be chosen, and what collides is said."""

from PySide6.QtCore import Qt

from ui import keys, preferences
from ui.actions import ACTIONS
from ui.dialogs.keys_page import KeysPage
from ui.player.keys import KEYS
from ui.settings_file import store
from ui.timeline import TimelineWidget
from ui.timeline import keys as timeline


def test_defaults_do_not_collide():
    assert keys.conflicts(keys.defaults()) == {}
    names = {key.name for key in keys.table()}
    assert {f"{keys.PLAYER}{act.name}" for act in KEYS} < names
    assert {f"{keys.TIMELINE}{act.name}" for act in timeline.KEYS} < names
    assert all(keys.portable(one) == one for some in keys.defaults().values() for one in some)


def test_a_letter_of_its_own_leads_to_every_line_of_a_menu():
    led = [(facts.menu, facts.text.partition("&")[2][:1].lower()) for facts in ACTIONS]
    assert all(letter.isalpha() for _, letter in led)
    menus = {facts.menu for facts in ACTIONS}
    assert len(set(led)) == len(led)
    assert len({menu.partition("&")[2][:1] for menu in menus}) == len(menus)


def test_only_what_differs_is_kept(qtbot):
    chosen = keys.defaults() | {"analyse": ("Ctrl+Y",)}
    with qtbot.waitSignal(keys.keeper().changed):
        keys.choose(chosen)
    assert preferences.keys() == {"analyse": ("Ctrl+Y",)}
    assert keys.keys_of("analyse") == ("Ctrl+Y",)
    assert "Ctrl+Y" in keys.listing()
    keys.choose(keys.defaults())
    assert preferences.keys() == {}


def test_a_player_key_on_an_action_collides():
    clashing = keys.conflicts(keys.defaults() | {"analyse": ("Space",)})
    assert clashing == {"analyse": ["player.play"], "player.play": ["analyse"]}


def test_keys_of_the_timeline_can_be_chosen_too(qtbot):
    clashing = keys.conflicts(keys.defaults() | {"timeline.fit": ("F",)})
    assert clashing == {"timeline.fit": ["player.fit"], "player.fit": ["timeline.fit"]}
    keys.choose(keys.defaults() | {"timeline.zoom_in": ("Ctrl+Up",)})
    lanes = TimelineWidget()
    qtbot.addWidget(lanes)
    lanes.set_keys(keys.keys_after(keys.TIMELINE))
    lanes.view.fit(100.0)
    qtbot.keyClick(lanes, Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier)
    assert lanes.view.span == (0.0, 100.0)
    qtbot.keyClick(lanes, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert lanes.view.span[1] - lanes.view.span[0] < 70
    lanes.set_keys({})
    wide = lanes.view.span[1] - lanes.view.span[0]
    qtbot.keyClick(lanes, Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier)  # as most type it
    assert lanes.view.span[1] - lanes.view.span[0] < wide
    lanes.close_down()


def test_the_page_takes_a_pressed_key_and_shows_the_clash(qtbot):
    page = KeysPage()
    qtbot.addWidget(page)
    page.show()
    page.choose("analyse")
    qtbot.keyClick(page.field, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert page.chosen()["analyse"] == ("Ctrl+Y",)
    assert page.clash() == ""
    page.choose("analyse")
    qtbot.keyClick(page.field, Qt.Key.Key_Space)
    assert page.clash().startswith("Space is given to")
    marked = [item for item in page._items() if item.text(1).startswith("⚠")]
    assert len(marked) == 2
    page.choose("analyse")
    page._default()
    assert page.clash() == ""


def test_what_is_kept_badly_is_left_alone():
    store().keep("keys", {"analyse": "no list", "nothing": ["A"]})
    assert keys.chosen() == {}
    store().keep("keys", "no table")
    assert keys.in_force() == keys.defaults()


def test_sentences_name_the_key_in_force_or_the_act():
    assert keys.said("add_clip") == "Ctrl+M"
    keys.choose({"add_clip": ("Ctrl+Alt+K",), "player.marker": ()})
    assert keys.said("add_clip") == "Ctrl+Alt+K"
    assert keys.said("player.marker") == "“Set a marker on this frame”"
