"""Shipped files: weights with their cards, fonts, icons, themes, demonstration material."""

from pathlib import Path

FOLDER = Path(__file__).parent
