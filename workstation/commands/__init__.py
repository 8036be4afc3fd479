"""The command line, `workstation`: no window, exit status 0 only on success."""

from workstation.commands.program import main, program

__all__ = ["main", "program"]
