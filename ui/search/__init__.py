"""Finding things: the search panel over the case, and the palette over all actions."""
