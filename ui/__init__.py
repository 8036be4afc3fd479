"""The window: PySide6 widgets and the pool of QThreads."""
