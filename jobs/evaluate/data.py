"""The test rows, ready for a model: its features in its order, the label, the segments."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

import pandas as pd

from jobs.evaluate.classes import label_text
from jobs.evaluate.config import RowOptions
from jobs.evaluate.load_model import Model
from jobs.evaluate.read_rows import read_rows
from schemas.errors import InputError, InputProblemsError
from schemas.names import some
from transforms.preprocessor import Preprocessor
from transforms.preprocessor_json import preprocessor_from_json

PREPROCESSOR = "preprocessor.json"
UNSEEN = "(null or unseen in training)"


@dataclass(frozen=True)
class LabelledRows:
    """Features and label of the rows that have a label, and the value each is segmented by."""

    features: pd.DataFrame
    label: pd.Series
    segment: Optional[pd.Series]
    read: int
    without_label: int
    notes: tuple[str, ...] = field(default=())


def load_rows(options: RowOptions, model: Model) -> LabelledRows:
    """Read the rows and give them the columns of the model; InputError for what does not fit."""
    path = Path(options.path)
    preprocessor = find_preprocessor(options)

    def exact(names: tuple[str, ...]) -> set[str]:
        return _exact(names, options, model, preprocessor)

    table = read_rows(path, header=options.header, exact=exact)
    label = _label_column(tuple(table.columns), options, preprocessor)
    _check_plain(table[label], "the label")
    missing = table[label].isna()
    read, without = len(table), int(missing.sum())
    if without == read:
        raise InputError(f"column {label!r}, the label, is null in all {read:,} test rows")
    notes = []
    if without:
        notes.append(f"{without:,} of {read:,} rows have no {label!r} and are left out")
        table = table[~missing].reset_index(drop=True)
    segment = _segment(table, options.segment, preprocessor)
    features, more = _features(table, label, options, model, preprocessor)
    return LabelledRows(features, table[label], segment, read, without, (*notes, *more))


def find_preprocessor(options: RowOptions) -> Preprocessor | None:
    """Load the preprocessor that was named, or that prepare left beside the test directory."""
    test = Path(options.path)
    if options.preprocessor is not None:
        path = Path(options.preprocessor)
        if path.is_dir():
            path = path / PREPROCESSOR
        if not path.is_file():
            raise InputError(f"--preprocessor {path} does not exist; give what prepare wrote")
        return _load(path)
    directory = test.parent if test.is_file() else test
    parent = directory.resolve().parent
    for path in (parent / PREPROCESSOR, parent / "preprocessor" / PREPROCESSOR):
        if path.is_file():
            return _load(path)
    return None


def _load(path: Path) -> Preprocessor:
    try:
        return preprocessor_from_json(path.read_text(encoding="utf-8"), source=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from None


def _exact(
    names: tuple[str, ...], options: RowOptions, model: Model, preprocessor: Preprocessor | None
) -> set[str]:
    """Pick the columns whose spelling counts: label, segment, and what a model takes as text.

    A segment that the model takes as a number is read as a number.
    """
    label = _wanted_label(names, options, preprocessor)
    left = [name for name in names if name != label and name not in options.ignore]
    known = dict(zip(left, left if options.header else model.features or left))
    texts = {name for name in left if model.takes_text(known.get(name, name))}
    steps = preprocessor.steps if preprocessor is not None else ()
    features: Collection[str] = left
    if options.header and (model.features is not None or steps):
        features = model.features or [step.output for step in steps]
    indexed = [step.output for step in steps if step.labels is not None]
    if options.segment is not None and options.segment not in (*features, *indexed):
        texts.add(options.segment)
    return texts if label is None else {*texts, label}


def _check_plain(column: pd.Series, what: str) -> None:
    if column.dtype == object and not all(isinstance(value, Hashable) for value in column):
        raise InputError(
            f"column {str(column.name)!r}, {what}, holds lists or structures; it must hold plain "
            "texts or numbers"
        )


def _wanted_label(
    names: tuple[str, ...], options: RowOptions, preprocessor: Preprocessor | None
) -> str | None:
    """Say which column should be the label, whether it is there or not."""
    if options.label_index is not None:
        return names[options.label_index] if options.label_index < len(names) else None
    if options.label is None and preprocessor is not None and preprocessor.target is not None:
        outputs = {step.name: step.output for step in preprocessor.steps}
        return outputs[preprocessor.target]
    return options.label


def _label_column(
    columns: tuple[str, ...], options: RowOptions, preprocessor: Preprocessor | None
) -> str:
    name = _wanted_label(columns, options, preprocessor)
    if name is None and options.label_index is not None:
        raise InputError(
            f"--label-index {options.label_index}: the test rows have {len(columns)} columns, "
            "counted from 0"
        )
    if name is None:
        raise InputError(
            "which column is the label? Give --label COLUMN, --label-index 0 for the first, or "
            f"--preprocessor; the test rows have {some(columns)}"
        )
    if name not in columns:
        raise InputError(f"the test rows have no column {name!r}, the label; they have "
                         f"{some(columns)}")  # fmt: skip
    return name


def _features(
    table: pd.DataFrame,
    label: str,
    options: RowOptions,
    model: Model,
    preprocessor: Preprocessor | None,
) -> tuple[pd.DataFrame, list[str]]:
    unknown = tuple(name for name in options.ignore if name not in table.columns)
    if unknown:
        raise InputError(f"--ignore: the test rows have no column {some(unknown)}")
    left = [name for name in table.columns if name != label and name not in options.ignore]
    wanted, source = list(model.features) if model.features is not None else None, "the model"
    if wanted is None and preprocessor is not None and options.header:
        source = "the preprocessor"
        outputs = [step.output for step in preprocessor.steps]
        wanted = [name for name in outputs if name != label and name not in options.ignore]
    if not options.header and wanted is not None:
        return _by_position(table[left], wanted)
    if wanted is None:
        wanted = left
    _check_present(wanted, left, label, options, source)
    notes = []
    extra = tuple(name for name in left if name not in wanted)
    if extra:
        notes.append(f"columns that {source} does not know are not used: {some(extra)}")
    if model.width is not None and len(wanted) != model.width:
        raise InputError(
            f"the model takes {model.width} columns, without names; the test rows have "
            f"{len(wanted)} beside the label: {some(tuple(wanted), 30)}. Leave out what was no "
            "feature in training with --ignore COLUMN"
        )
    return table[wanted], notes


def _by_position(table: pd.DataFrame, wanted: list[str]) -> tuple[pd.DataFrame, list[str]]:
    if len(wanted) != table.shape[1]:
        seen = some(tuple(str(name) for name in table), 30)
        raise InputError(
            f"the model takes {len(wanted)} columns; the test rows, which have no header, have "
            f"{table.shape[1]} beside the label: {seen}. Leave out what was no feature in "
            "training with --ignore, by number from 0"
        )
    named = table.set_axis(wanted, axis=1)
    return named, ["the columns have no names; they are taken in the order of the model"]


def _check_present(
    wanted: list[str], left: list[str], label: str, options: RowOptions, source: str
) -> None:
    missing = [name for name in wanted if name not in left]
    if missing:
        problems = [
            f"column {name!r} " + (
                "is the label" if name == label
                else "is left out by --ignore" if name in options.ignore
                else "is missing"
            )
            for name in missing
        ]  # fmt: skip
        has = some(tuple(str(name) for name in left))
        raise InputProblemsError(f"{source} needs columns that {has} do not give:", problems)


def _segment(
    table: pd.DataFrame, column: str | None, preprocessor: Preprocessor | None
) -> pd.Series | None:
    """Give the segment's value of each row as text; an indexed column speaks by its labels."""
    if column is None:
        return None
    for step in preprocessor.steps if preprocessor else ():
        asked = column in (step.name, step.output) and step.output in table.columns
        if asked and step.labels is not None:
            names = pd.Series(step.labels, index=range(len(step.labels)), dtype=object)
            return table[step.output].map(names).fillna(UNSEEN)
    if column not in table.columns:
        raise InputError(
            f"--segment: the test rows have no column {column!r}; they have "
            f"{some(tuple(table.columns), 30)}"
        )
    values = table[column].astype(object)
    _check_plain(values, "the segment")
    texts = {value: label_text(value) for value in values.dropna().unique()}
    return values.map(texts).fillna("(null)")
