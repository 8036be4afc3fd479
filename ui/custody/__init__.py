"""The custody log on screen."""
