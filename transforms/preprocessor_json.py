"""The preprocessor's JSON, written so that doubles read back exactly, and read with distrust."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from schemas.json_text import load_json
from schemas.types import normal_type
from transforms.plan import UNSEEN, FitOptions
from transforms.preprocessor import ColumnStep, Preprocessor, PreprocessorError

FORMAT = "spark-etl-preprocessor"
FORMAT_VERSION = 1
# What the parts of the JSON must be; Python takes 1 for True, and no for an answer far from here.
_TEXTS = ("name", "type", "action", "output", "output_type")
_OPTION_TYPES: dict[str, tuple[type, ...]] = {
    "fill": (str,), "scale": (bool,), "unseen": (str,), "min_frequency": (int,),
    "max_labels": (int,), "median_error": (int, float),
}  # fmt: skip
_KINDS: dict[type, str] = {
    str: "a text", bool: "true or false", int: "a whole number", float: "a number",
    type(None): "null",
}  # fmt: skip


def preprocessor_to_json(preprocessor: Preprocessor) -> str:
    """Write a preprocessor as JSON: same content, same bytes; doubles read back exactly."""
    data = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "target": preprocessor.target,
        "train_rows": preprocessor.train_rows,
        "options": asdict(preprocessor.options),
        "columns": [
            {key: value for key, value in asdict(step).items() if value is not None}
            for step in preprocessor.steps
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def preprocessor_from_json(text: str, *, source: str = "preprocessor") -> Preprocessor:
    """Read a preprocessor; PreprocessorError for another format, version or broken content."""
    try:
        data = load_json(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line = f"line {error.lineno}: " if isinstance(error, json.JSONDecodeError) else ""
        said = getattr(error, "msg", None) or str(error)
        raise PreprocessorError(f"{source} is not a preprocessor:", [f"{line}{said}"]) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PreprocessorError(
            f"{source} is not a preprocessor:",
            [f'its "format" must be {FORMAT!r}; give the preprocessor.json that prepare wrote'],
        )
    if data.get("format_version") != FORMAT_VERSION:
        seen = data.get("format_version")
        raise PreprocessorError(
            f"{source} has another version:",
            [f"format_version is {seen!r}, this program reads {FORMAT_VERSION}; fit again"],
        )
    try:
        preprocessor = Preprocessor(
            steps=tuple(_step_from(entry) for entry in data["columns"]),
            target=_of_type(data, "target", (str, type(None))),
            train_rows=_of_type(data, "train_rows", (int,)),
            options=_options_from(data["options"]),
        )
    except KeyError as error:
        raise PreprocessorError(f"{source} is damaged:", [f"{error} is missing"]) from None
    except (TypeError, ValueError) as error:
        raise PreprocessorError(f"{source} is damaged:", [str(error)]) from None
    problems = _problems_together(preprocessor)
    if problems:
        raise PreprocessorError(f"{source} is damaged:", problems)
    return preprocessor


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _of_type(entry: Mapping[str, Any], name: str, types: tuple[type, ...]) -> Any:
    """Return a value of an object; KeyError where it is missing, ValueError of another type."""
    if type(entry[name]) not in types:
        wanted = " or ".join(_KINDS[kind] for kind in types)
        raise ValueError(f"{name!r} must be {wanted}, not {str(entry[name])[:60]!r}")
    return entry[name]


def _options_from(entry: Any) -> FitOptions:
    if not isinstance(entry, Mapping):
        raise ValueError(f"'options' must be an object, not {str(entry)[:60]!r}")
    for name, types in _OPTION_TYPES.items():
        if name in entry:
            _of_type(entry, name, types)
    _only_fields(FitOptions, entry, "'options'")
    return FitOptions(**entry)


def _only_fields(kind: type, entry: Mapping[str, Any], place: str) -> None:
    known = [field.name for field in fields(kind)]
    for name in entry:
        if name not in known:
            raise ValueError(f"{place}: unknown field {name!r}; known: {', '.join(known)}")


def _step_from(entry: Any) -> ColumnStep:
    if not isinstance(entry, Mapping):
        raise ValueError(f"a column must be an object, not {str(entry)[:60]!r}")
    for name in _TEXTS:
        _of_type(entry, name, (str,))
    for name in ("fill_method", "unseen"):
        if entry.get(name) is not None:
            _of_type(entry, name, (str,))
    _only_fields(ColumnStep, entry, f"column {entry['name']!r}")
    step = ColumnStep(**{**entry, "labels": _labels_from(entry)})
    _check(step)
    return step


def _labels_from(entry: Mapping[str, Any]) -> tuple[str, ...] | None:
    labels = entry.get("labels")
    if labels is None:
        return None
    if not (isinstance(labels, list) and all(isinstance(label, str) for label in labels)):
        raise ValueError(f"column {entry['name']!r}: labels must be a list of texts")
    return tuple(labels)


def _check(step: ColumnStep) -> None:
    where = f"column {step.name!r}"
    normal_type(step.type)
    allowed = {"keep": (step.type,), "number": ("double", step.type), "index": ("double",)}
    if step.output_type not in allowed.get(step.action, ()):
        raise ValueError(f"{where}: {step.action!r} into {step.output_type!r} is not known")
    if step.action == "index":
        if step.labels is None or step.unseen not in UNSEEN:
            raise ValueError(f"{where}: needs labels, and unseen as one of {', '.join(UNSEEN)}")
        if len(set(step.labels)) != len(step.labels):
            raise ValueError(f"{where}: a label is listed twice")
    for number in (step.fill, step.center, step.spread):
        if number is not None and not _is_finite(number):
            raise ValueError(f"{where}: fill, center and spread must be finite numbers")
    if step.spread == 0:
        raise ValueError(f"{where}: spread must not be 0")


def _is_finite(number: Any) -> bool:
    try:
        return type(number) in (int, float) and math.isfinite(number)
    except OverflowError:  # a whole number beyond every double
        return False


def _problems_together(preprocessor: Preprocessor) -> list[str]:
    outputs = Counter(step.output for step in preprocessor.steps)
    problems = [
        f"two columns have the output {output!r}"
        for output, count in outputs.items()
        for _ in range(count if count > 1 else 0)
    ]
    if not outputs:
        problems.append("it has no columns")
    if preprocessor.target not in (None, *(step.name for step in preprocessor.steps)):
        problems.append(f"the target {preprocessor.target!r} is not among its columns")
    return problems
