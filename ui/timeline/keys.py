"""Every act of the timeline that has keys; they are heard while the timeline has the focus."""

from typing import Final

from ui.player.keys import KeyFacts

KEYS: Final = (
    KeyFacts("zoom_in", "zoom in", ("+", "=")),
    KeyFacts("zoom_out", "zoom out", ("-",)),
    KeyFacts("fit", "whole exhibit", ("0",)),
    KeyFacts("pan_back", "move along, back", (",",)),
    KeyFacts("pan_on", "move along, forward", (".",)),
    KeyFacts("lanes_up", "scroll the lanes up", ("Up",)),
    KeyFacts("lanes_down", "scroll the lanes down", ("Down",)),
    KeyFacts("closer", "the selection as wide as the timeline", ("E",)),
    KeyFacts("clip", "clip of the selection", ("Return", "Enter")),
    KeyFacts("figures", "figures of the selection", ("Y",)),
    KeyFacts("let_go", "let go of the selection", ("Esc",)),
    KeyFacts("select_tool", "drag to select, or to seek", ("W",)),
)
ON_SELECTION: Final = ("closer", "clip", "figures", "let_go")
"""Acts that need a selection; without one their keys are the player's."""
