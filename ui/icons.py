"""Icons of one family, in the colours of the theme."""

import functools

from PySide6.QtGui import QIcon

from ui import theme


def icon(name: str, token: str = "text") -> QIcon:
    """An outlined Material Design icon.

    Args:
        name: its name without the prefix, such as "folder-open-outline".
        token: the theme's colour token.
    """
    return _drawn(name, token, theme.current())


@functools.lru_cache(maxsize=256)
def _drawn(name: str, token: str, tokens: theme.Theme) -> QIcon:
    import qtawesome

    return qtawesome.icon(
        f"mdi6.{name}",
        color=tokens.colour(token),
        color_disabled=tokens.colour("not_scored"),
    )
