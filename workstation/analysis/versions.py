"""Which software an analysis ran on."""

from __future__ import annotations

import functools
import platform
from importlib import metadata

import workstation

METHOD = 6
"""Raised whenever the same exhibit could come out otherwise: unfinished runs then start anew."""

_PACKAGES = ("torch", "torchvision", "facenet-pytorch", "opencv-python", "av", "numpy")
_OPTIONAL = ("openvino",)


@functools.cache
def _versions() -> tuple[tuple[str, str], ...]:
    ours = [("workstation", workstation.__version__), ("analysis method", str(METHOD))]
    base = [("Python", platform.python_version())]
    there = {distribution.name for distribution in metadata.distributions()}
    packages = (*_PACKAGES, *(name for name in _OPTIONAL if name in there))
    return (*ours, *base, *((name, metadata.version(name)) for name in packages))


def software_versions() -> dict[str, str]:
    """Name to version of everything that could change a score, as plain JSON."""
    return dict(_versions())
