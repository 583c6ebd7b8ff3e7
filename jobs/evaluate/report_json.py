"""evaluation.json: flat keys for people and conditions, and SageMaker's model-quality layout."""

from __future__ import annotations

import json
from typing import Any

from jobs.evaluate.result import Result

# SageMaker's own name for it in its model-quality reports.
_SAGEMAKER_NAMES = {"auc_roc": "auc"}


def evaluation_json(result: Result) -> str:
    """Write the result as JSON: same result, same bytes; what has no value is null."""
    kind = "binary" if result.target.binary else "multiclass"
    data: dict[str, Any] = dict(result.measured.values)
    data["confusion_matrix"] = result.confusion.tolist()
    data[f"{kind}_classification_metrics"] = _model_quality(result)
    data["intervals"] = {
        name: None if spread is None else [spread.low, spread.high]
        for name, spread in result.spread.items()
    }
    data["bootstrap"] = {"draws": result.draws, "seed": result.seed} if result.draws else None
    data["rows"] = {
        "read": result.rows_read,
        "without_label": result.rows_without_label,
        "evaluated": result.rows,
    }
    data["support"] = result.support()
    data["label"] = {
        "column": result.target.column,
        "classes": list(result.target.classes),
        "positive": _positive(result),
        "positive_above": result.target.positive_above,
    }
    data["threshold"] = result.threshold
    data["model"] = {
        "file": result.model.name,
        "kind": result.model.kind,
        "sha256": result.model.sha256,
        "archive": result.model.archive,
        "archive_sha256": result.model.archive_sha256,
    }
    data["calibration"] = [
        {"predicted": part.said, "observed": part.was, "rows": part.rows}
        for part in result.curves.calibration
    ]
    data["segments"] = _segments(result)
    data["gates"] = [outcome.entry() for outcome in result.outcomes]
    data["passed"] = result.passed
    data["notes"] = list(result.all_notes)
    data["versions"] = dict(result.versions)
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _positive(result: Result) -> str | None:
    code = result.target.positive
    return None if code is None else result.target.classes[code]


def _model_quality(result: Result) -> dict[str, Any]:
    classes = result.target.classes
    layout: dict[str, Any] = {
        "confusion_matrix": {
            name: dict(zip(classes, counts))
            for name, counts in zip(classes, result.confusion.tolist())
        }
    }
    for name, value in result.measured.values.items():
        spread = result.spread.get(name)
        layout[_SAGEMAKER_NAMES.get(name, name)] = {
            "value": value,
            "standard_deviation": None if spread is None else spread.deviation,
        }
    if result.target.binary:
        roc = result.curves.roc[0] if result.curves.roc else None
        layout["receiver_operating_characteristic_curve"] = {
            "false_positive_rates": list(roc.x) if roc else [],
            "true_positive_rates": list(roc.y) if roc else [],
        }
        ranked = result.curves.precision_recall
        layout["precision_recall_curve"] = {
            "precisions": list(ranked[0].y) if ranked else [],
            "recalls": list(ranked[0].x) if ranked else [],
        }
        return layout
    for name in ("precision", "recall", "f1"):  # as SageMaker writes them for several classes
        layout[f"weighted_{name}"] = layout[f"{name}_weighted"]
    return layout


def _segments(result: Result) -> dict[str, Any] | None:
    if result.segment_column is None:
        return None
    return {
        "column": result.segment_column,
        "values": [
            {
                "value": segment.value,
                "rows": segment.rows,
                **segment.measured.values,
                "notes": [f"{name}: {why}" for name, why in segment.measured.reasons.items()],
            }
            for segment in result.segments
        ],
    }
