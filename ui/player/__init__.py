"""Shows an exhibit frame by frame: the picture, its number and its time always belong together."""

from ui.player.player import PlayerWidget

__all__ = ["PlayerWidget"]
