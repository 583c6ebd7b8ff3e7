"""Labels as text, so that a model's classes and a file's labels can be held together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any


def label_text(value: Any) -> str:
    """Write a label the same way wherever it comes from: True, 1, 1.0 and "1" are all ``1``."""
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def label_texts(values: Iterable[Any]) -> tuple[str, ...]:
    """Write labels as text, in their order."""
    return tuple(label_text(value) for value in values)


def larger(labels: Iterable[str]) -> str:
    """Pick the largest label: by number where all are numbers, else by text."""
    known = list(labels)
    try:
        numbers = [float(label) for label in known]
    except ValueError:
        return max(known)
    if any(math.isnan(number) for number in numbers):
        return max(known)
    return max(zip(numbers, known))[1]
