"""Labels as text, so that a model's classes and a file's labels can be held together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

# A number as programs write it. What starts with a zero too many (a code, a postcode) is a text.
_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": "1", "True": "1", "TRUE": "1", "false": "0", "False": "0", "FALSE": "0"}


def label_text(value: Any) -> str:
    """Write a label the same way wherever it comes from: true, 1, 1.0 and "1.0" are all ``1``.

    Numbers in a text count as numbers, to their last digit; "01" is no number and stays itself.
    """
    if hasattr(value, "item"):  # a numpy scalar
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        return _BOOLEANS.get(value) or _number_text(value)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (float, Decimal)):
        return _number_text(str(value))
    return str(value)


def _number_text(text: str) -> str:
    """Write a number without exponent and closing zeros, and any other text as it is."""
    plain = text.strip()
    if not _NUMBER.fullmatch(plain):
        return text
    # Decimal keeps every digit; a double would make 9007199254740992 of …993.
    number = format(Decimal(plain), "f")
    number = number.rstrip("0").rstrip(".") if "." in number else number
    return "0" if number == "-0" else number


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
