"""Formulas in texts: what a spreadsheet would run, and how it is made to show it instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from schemas.errors import InputError

# With what a cell begins that Excel, LibreOffice or Google Sheets take for a formula: OWASP's list
# ("CSV Injection"), the full-width forms of the four signs included.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
ESCAPE = "'"


def escape_formula(text: str) -> str:
    """Put an apostrophe before a text that begins as a formula does."""
    return ESCAPE + text if text.startswith(FORMULA_SIGNS) else text


def escaped_names(names: Sequence[str]) -> list[str]:
    """Escape column names; InputError where two would be the same."""
    new = [escape_formula(name) for name in names]
    twins = [name for name, count in Counter(new).items() if count > 1]
    if twins:
        raise InputError(
            f"two columns would be called {twins[0]!r} with formulas escaped; rename one of them"
        )
    return new
