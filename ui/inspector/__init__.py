"""The inspector: what was found, why, and what limits it."""
