"""Deepfake Forensics Workstation: the core, without a window."""

__version__ = "0.1.0"
