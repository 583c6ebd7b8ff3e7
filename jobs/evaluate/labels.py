"""From a label column to codes of the model's classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
import pandas as pd

from jobs.evaluate.classes import label_text, label_texts, larger
from jobs.evaluate.config import RowOptions
from schemas.errors import InputError
from schemas.names import some


@dataclass(frozen=True)
class Target:
    """The classes in the order of their codes; of two, ``positive`` is the code to be found."""

    column: str
    classes: tuple[str, ...]
    positive: Optional[int]
    positive_above: Optional[float] = None

    @property
    def binary(self) -> bool:
        """Tell whether there are two classes."""
        return self.positive is not None


def target_of(column: str, classes: tuple[str, ...], options: RowOptions) -> Target:
    """Say which class is the positive one; InputError where an option does not fit the model."""
    if len(set(classes)) < 2 or len(set(classes)) != len(classes):
        raise InputError(
            f"the model knows the classes {some(classes)}; evaluate needs two or more different "
            "ones"
        )
    if len(classes) > 2:
        for option, value in (
            ("--positive", options.positive),
            ("--positive-above", options.positive_above),
        ):
            if value is not None:
                raise InputError(
                    f"{option} is for two classes; the model knows {len(classes)}: {some(classes)}"
                )
        return Target(column, classes, None)
    positive = larger(classes) if options.positive is None else label_text(options.positive)
    if positive not in classes:
        raise InputError(
            f"--positive {options.positive!r} is no class of the model; it knows {some(classes)}"
        )
    return Target(column, classes, classes.index(positive), options.positive_above)


def encode(labels: pd.Series, target: Target) -> np.ndarray:
    """Give each label's code; InputError for labels that the model does not know.

    With ``positive_above`` the label is a number, and what is greater has the positive code.
    """
    if target.positive_above is not None:
        assert target.positive is not None
        above = _numbers(labels, target.column) > target.positive_above
        return np.where(above, target.positive, 1 - target.positive)
    codes, uniques = pd.factorize(labels)
    texts = label_texts(uniques)
    unknown = tuple(text for text in texts if text not in target.classes)
    if unknown:
        count = int(np.isin(codes, [texts.index(text) for text in unknown]).sum())
        numbers = pd.to_numeric(pd.Series(texts), errors="coerce")
        advice = (
            "where the label is a number to be split in two, add --positive-above X"
            if numbers.notna().all()
            else "choose the column with --label"
        )
        raise InputError(
            f"{count:,} of {len(labels):,} labels in column {target.column!r} are unknown to the "
            f"model: {some(unknown, 6)}; it knows {some(target.classes, 6)}; {advice}"
        )
    return np.array([target.classes.index(text) for text in texts])[codes]


def _numbers(labels: pd.Series, column: str) -> np.ndarray:
    """Read labels as numbers; InputError where one is none, as a date is."""
    if labels.dtype.kind in "mM":  # pandas would count nanoseconds
        wrong = labels
    else:
        numbers = pd.to_numeric(labels.astype(object).map(_plain), errors="coerce")
        wrong = labels[numbers.isna()]
        if not len(wrong):
            return numbers.to_numpy(dtype="float64")
    raise InputError(
        f"--positive-above needs numbers; column {column!r} holds {str(wrong.iloc[0])!r} and "
        f"{len(wrong) - 1:,} more that are none"
    )


def _plain(label: Any) -> Any:
    """Write texts by the rule of labels, by which true is 1; leave numbers as they are."""
    return label_text(label) if isinstance(label, (str, bytes)) else label
