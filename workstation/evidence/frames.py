"""Frames of an exhibit: in order for the analysis, at random for the player and the report."""

from workstation.evidence.reading import Frame, FrameReader, read_frames

__all__ = ["Frame", "FrameReader", "read_frames"]
