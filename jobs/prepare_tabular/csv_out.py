"""Write a split as CSV: the text that the Spark job's ``--format csv`` writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.formulas import escape_formula, escaped_names

_QUOTED = (",", '"', "\n", "\r")
_ROWS_AT_A_TIME = 100_000


def write_csv(
    pdf: pd.DataFrame, path: str, *, types: Sequence[str], escape_formulas: bool = False
) -> None:
    """Write a header and a line a row, in the order of the rows; ``types`` are Spark's names.

    Null is nothing between two commas, an empty text is ``""``. A double is written as Python does
    (1e+16), not as Java does (1.0E16): another text, the same double. With
    ``escape_formulas`` texts are escaped that a spreadsheet would run.
    """
    columns = [_texts(pdf[name], kind, escape_formulas) for name, kind in zip(pdf.columns, types)]
    names = [str(name) for name in pdf.columns]
    names = escaped_names(names) if escape_formulas else names
    if columns:
        columns[0] = np.array([_not_a_comment(text) for text in columns[0]], dtype=object)
    with Path(path).open("w", encoding="utf-8", newline="") as out:
        header = [csv_text(name) for name in names]
        out.write(",".join([_not_a_comment(header[0]), *header[1:]]) + "\n")
        for start in range(0, len(pdf), _ROWS_AT_A_TIME):
            parts = (column[start : start + _ROWS_AT_A_TIME] for column in columns)
            out.writelines(",".join(row) + "\n" for row in zip(*parts))


def csv_text(text: str) -> str:
    """Quote a text where it would be read as something else."""
    if not text:
        return '""'
    if any(mark in text for mark in _QUOTED):
        return '"' + text.replace('"', '""') + '"'
    return text


def _not_a_comment(text: str) -> str:
    """Quote a first cell that begins with a number sign, as Spark's writer does."""
    return f'"{text}"' if text.startswith("#") else text


def _texts(cells: pd.Series, type_name: str, escape_formulas: bool) -> npt.NDArray[np.object_]:
    """Give cells as text; each different one is written once."""
    if type_name in ("float", "double"):
        return _float_texts(cells.to_numpy())
    codes, uniques = pd.factorize(cells, use_na_sentinel=True)
    escape = escape_formulas and type_name == "string"
    written = [_text(escape_formula(one) if escape else one, type_name) for one in uniques]
    return np.array([*written, ""], dtype=object)[codes]


def _float_texts(numbers: npt.NDArray[Any]) -> npt.NDArray[np.object_]:
    # By their bits, because a negative zero equals a zero.
    bits = numbers.view(np.int64 if numbers.dtype == np.float64 else np.int32)
    codes, uniques = pd.factorize(bits)
    return np.array([_number(x) for x in uniques.view(numbers.dtype)], dtype=object)[codes]


def _number(number: Any) -> str:
    if np.isnan(number):
        return ""
    if np.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return str(number)


def _text(value: Any, type_name: str) -> str:
    if type_name == "string":
        return csv_text(value)
    if type_name == "boolean":
        return "true" if value else "false"
    if isinstance(value, datetime):
        # Spark's CSV writer keeps milliseconds only.
        return f"{value.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    return str(value)
