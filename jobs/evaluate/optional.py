"""Libraries that an image may lack: imported when they are needed, or said to be missing."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from schemas.errors import InputError


def library(name: str, *, package: str, purpose: str) -> ModuleType:
    """Import a module by name; InputError where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        raise InputError(
            f"{purpose} needs {package}, which this Python does not have; pip install {package}, "
            'or in launch.yaml: packages: ["' + package + '"]'
        ) from None
