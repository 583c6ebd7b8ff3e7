"""Apply a preprocessor to a pandas DataFrame; imported only when it is called."""

from __future__ import annotations

import numpy as np
import pandas as pd

from transforms.preprocessor import ColumnStep, Preprocessor
from transforms.values import label_value, number_value


def apply_to_pandas(preprocessor: Preprocessor, pdf: pd.DataFrame) -> pd.DataFrame:
    """Return the preprocessor's outputs in its order, on the input's index.

    Column types are read from the preprocessor, so integers that pandas holds as floats (because
    of nulls) are integers here. The target may be absent. Rows that policy ``skip`` drops are gone.
    """
    steps = [s for s in preprocessor.steps if s.name in pdf or s.name != preprocessor.target]
    present = {s.name: s.type for s in preprocessor.steps if s.name in pdf or s not in steps}
    preprocessor.check_fits(present, source="the DataFrame")
    columns: dict[str, pd.Series] = {}
    skipped = np.zeros(len(pdf), dtype=bool)
    for step in steps:
        if step.action == "index":
            indexed = _indexed(step, pdf[step.name])
            skipped |= indexed.isna().to_numpy()
            columns[step.output] = indexed
        elif step.action == "number" and step.output_type == "double":
            columns[step.output] = _number(step, pdf[step.name])
        else:
            columns[step.output] = pdf[step.name]
    return pd.DataFrame(columns, index=pdf.index)[~skipped]


def _indexed(step: ColumnStep, cells: pd.Series) -> pd.Series:
    indexes = {label: float(i) for i, label in enumerate(step.labels or ())}
    missing = cells.isna()
    # Each different cell is looked up once; a column of labels repeats itself.
    codes, uniques = pd.factorize(cells.where(~missing, None), use_na_sentinel=True)
    known = [step.index_of(label_value(cell, step.type), indexes) for cell in uniques]
    of_null = [step.index_of(None, indexes)] if missing.any() else [None]
    table = np.array([np.nan if i is None else i for i in [*known, *of_null]], dtype="float64")
    return pd.Series(table[codes], index=cells.index)


def _number(step: ColumnStep, cells: pd.Series) -> pd.Series:
    if step.type in ("boolean", "date", "timestamp") or cells.dtype == object:
        numbers = [None if v is pd.NA else number_value(v, step.type) for v in cells]
        values = np.array([np.nan if n is None else n for n in numbers], dtype="float64")
    else:
        values = cells.to_numpy(dtype="float64", na_value=np.nan)
    if step.fill is not None:
        values = np.where(np.isnan(values), step.fill, values)
    if step.center is not None and step.spread is not None:
        with np.errstate(over="ignore"):  # beyond a double it is infinite, as in Spark
            values = (values - step.center) / step.spread
    return pd.Series(values, index=cells.index)
