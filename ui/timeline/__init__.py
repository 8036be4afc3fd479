"""Scores over time, one curve per face track; a place on it is a frame of the exhibit."""

from ui.timeline.timeline import TimelineWidget

__all__ = ["TimelineWidget"]
