"""Split the rows of a pandas DataFrame: the same as :mod:`transforms.split` draws in Spark."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import repeat

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.row_hash import (
    MASK,
    MULTIPLIER,
    NULL_TEXT,
    SEPARATOR,
    SPLITS,
    canonical,
    seed_mask,
    thresholds,
)


def row_buckets(pdf: pd.DataFrame, *, key: Mapping[str, str], seed: int) -> npt.NDArray[np.uint64]:
    """Hash each row's key to 0 … 2**32 - 1, equal to ``row_hash.row_bucket``.

    ``key`` maps column names to contract types, in any order; NaN and missing values are null.
    """
    texts = [_canonical_texts(pdf[name], key[name]) for name in sorted(key)]
    joined = map(SEPARATOR.join, zip(*texts)) if texts else repeat("", len(pdf))
    crcs = (zlib.crc32(text.encode()) for text in joined)
    mixed = np.fromiter(crcs, dtype=np.uint64, count=len(pdf)) ^ np.uint64(seed_mask(seed))
    for _ in range(2):
        mixed = ((mixed ^ (mixed >> np.uint64(16))) * np.uint64(MULTIPLIER)) & np.uint64(MASK)
    return mixed ^ (mixed >> np.uint64(16))


def split_by_hash(
    pdf: pd.DataFrame, *, key: Mapping[str, str], seed: int, weights: Sequence[Fraction]
) -> npt.NDArray[np.object_]:
    """Name each row's split, decided by the row alone; see :func:`transforms.split.split_by_hash`.

    Row order, other rows and the pandas version make no difference.
    """
    buckets = row_buckets(pdf, key=key, seed=seed)
    bounds = np.array(thresholds(weights), dtype=np.uint64)
    names = np.array(SPLITS, dtype=object)
    return names[np.searchsorted(bounds, buckets, side="right")]


def _canonical_texts(cells: pd.Series, type_name: str) -> npt.NDArray[np.object_]:
    """Give each cell's canonical text; each different cell is written once."""
    codes, uniques = pd.factorize(cells, use_na_sentinel=True)
    texts = [canonical(value, type_name) for value in uniques]
    # A null has the code -1, the last place.
    return np.array([*texts, NULL_TEXT], dtype=object)[codes]
