"""Dialogs: they ask, and leave the doing to others."""
