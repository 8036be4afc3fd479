"""Marks on screen: the desk that changes them, the panel that lists them, their dialogs."""
