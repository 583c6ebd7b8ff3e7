"""evaluation.html: one file for people, without scripts and without requests."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from jobs.evaluate.metrics import SMALLER_IS_BETTER
from jobs.evaluate.page_style import STYLE
from jobs.evaluate.plots import Line, Plot, legend, svg
from jobs.evaluate.report_text import figure, threshold_text
from jobs.evaluate.result import Result

_NAMES = {
    "accuracy": "Accuracy", "precision": "Precision", "recall": "Recall", "f1": "F1",
    "f0_5": "F0.5", "f2": "F2", "auc_roc": "ROC AUC", "pr_auc": "PR AUC", "log_loss": "Log loss",
    "brier": "Brier score",
}  # fmt: skip
_MOST_CLASSES = 20


def evaluation_html(result: Result) -> str:
    """Write the page: same result, same bytes; everything from outside is escaped."""
    parts = [_header(result), _gates(result), _cards(result), _confusion(result), _plots(result)]
    parts += [_segments(result), _notes(result), _facts(result)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # Even a label that got past the escaping could neither run nor fetch anything.
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Evaluation of {escape(result.model.name)}</title>\n<style>{STYLE}</style>\n"
        "</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, parts))
        + "\n</main>\n</body>\n</html>\n"
    )


def _name(metric: str) -> str:
    base, _, average = metric.partition("_")
    if average in ("macro", "weighted"):
        return f"{_NAMES[base]}, {average}"
    return _NAMES[metric]


def _header(result: Result) -> str:
    target = result.target
    if target.positive is None:
        what = f"{len(target.classes)} classes of <code>{escape(target.column)}</code>"
    elif target.positive_above is not None:
        what = f"<code>{escape(target.column)} &gt; {target.positive_above:g}</code>"
    else:
        positive = escape(target.classes[target.positive])
        what = f"<code>{escape(target.column)} = {positive}</code>"
    if result.threshold is not None:
        what += f", predicted from a probability of {threshold_text(result)} on"
    return (
        f"<header><h1>Evaluation of {escape(result.model.name)}</h1>"
        f'<p class="soft">{result.rows:,} test rows · {what}</p></header>'
    )


def _gates(result: Result) -> str:
    items = "".join(
        f'<li class="{"passed" if o.passed else "missed"}">'
        f"<b>{'Passed' if o.passed else 'Missed'}</b> {escape(str(o.gate))} – {escape(o.why)}</li>"
        for o in result.outcomes
    )
    return f'<ul class="gates">{items}</ul>' if items else ""


def _cards(result: Result) -> str:
    cards = []
    for name, value in result.measured.values.items():
        spread = result.spread.get(name)
        below = result.measured.reasons.get(name, "")
        if spread is not None:
            below = f"{spread.low:.4f} to {spread.high:.4f}"
        elif not below and name in SMALLER_IS_BETTER:
            below = "smaller is better"
        cards.append(
            f'<div class="card" id="metric-{name}"><dt>{_name(name)}</dt>'
            f"<dd>{figure(value)}</dd><small>{escape(below) or '&nbsp;'}</small></div>"
        )
    note = (
        f'<p class="caption">Small figures: 95 % intervals of {result.draws:,} bootstrap draws.</p>'
        if result.draws
        else ""
    )
    return f'<dl class="cards">{"".join(cards)}</dl>{note}'


def _confusion(result: Result) -> str:
    classes = result.target.classes[:_MOST_CLASSES]
    head = "".join(f"<th>{escape(name)}</th>" for name in classes)
    body = []
    for row, name in enumerate(classes):
        counts = result.confusion[row]
        total = int(counts.sum())
        cells = "".join(
            f'<td style="--share:{share:.3f}"><span>{int(count):,}</span>'
            f"<small>{share:.1%}</small></td>"
            for count in counts[: len(classes)]
            for share in [count / total if total else 0.0]
        )
        body.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
    more = len(result.target.classes) - len(classes)
    rest = f"; {more} more classes are in evaluation.json" if more else ""
    return (
        '<h2>Confusion matrix</h2><div class="panel scroll" id="confusion-panel">'
        '<table class="confusion" id="confusion"><thead><tr><th>true ↓ predicted →</th>'
        f"{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
        f'<p class="caption">Rows, and their share of the true class{rest}.</p></div>'
    )


def _plots(result: Result) -> str:
    curves = result.curves
    if not curves.calibration:
        return ""
    panels = []
    marks = _marks(result)
    if curves.roc:
        roc = [Line(c.label, c.x, c.y) for c in curves.roc]
        ranked = [Line(c.label, c.x, c.y) for c in curves.precision_recall]
        share = _positive_share(result)
        base = None if share is None else (0.0, share, 1.0, share)
        panels += [
            _panel(
                Plot("roc", "ROC curve", "false positive rate", "true positive rate", roc,
                     guide=(0, 0, 1, 1), mark=marks[0]),
                "Dashed: guessing." + (" Ring: the threshold." if marks[0] else ""),
            ),
            _panel(
                Plot("precision-recall", "Precision and recall", "recall", "precision", ranked,
                     guide=base, mark=marks[1]),
                "Dashed: the share of positive rows." if base else "One class against the rest.",
            ),
        ]  # fmt: skip
    bins = [part for part in curves.calibration if part.said is not None]
    most = max(part.rows for part in curves.calibration)
    said, was = [part.said or 0.0 for part in bins], [part.was or 0.0 for part in bins]
    panels.append(
        _panel(
            Plot(
                "calibration",
                "Calibration",
                "predicted probability",
                "share that was so",
                [Line("", said, was, dots=True)],
                guide=(0, 0, 1, 1),
                bars=[0.3 * part.rows / most for part in curves.calibration],
            ),
            "Dashed: as predicted. Columns: how many rows.",
        )  # fmt: skip
    )
    return f'<h2>Curves</h2><div class="plots">{"".join(panels)}</div>'


def _panel(plot: Plot, caption: str) -> str:
    return (
        f'<div class="panel"><h3>{escape(plot.title)}</h3>{svg(plot)}{legend(plot.lines)}'
        f'<p class="caption">{caption}</p></div>'
    )


def _positive_share(result: Result) -> float | None:
    code = result.target.positive
    return None if code is None else float(result.confusion[code].sum() / result.rows)


def _marks(result: Result) -> Sequence[tuple[float, float] | None]:
    """Give the points of the chosen threshold on ROC, and on precision and recall."""
    code, values = result.target.positive, result.measured.values
    recall = values.get("recall")
    if code is None or result.threshold is None or recall is None:
        return None, None
    negative = result.confusion[1 - code]
    if not negative.sum():
        return None, None
    precision = values.get("precision")
    false_rate = float(negative[code] / negative.sum())
    return (false_rate, recall), None if precision is None else (recall, precision)


def _segments(result: Result) -> str:
    if not result.segments:
        return ""
    names = tuple(result.measured.values)
    head = "".join(f"<th>{_name(name)}</th>" for name in names)
    body = "".join(
        f"<tr><th>{escape(segment.value)}</th><td>{segment.rows:,}</td>"
        + "".join(f"<td>{figure(segment.measured.values[name])}</td>" for name in names)
        + "</tr>"
        for segment in result.segments
    )
    return (
        f"<h2>By {escape(result.segment_column or '')}</h2>"
        '<div class="panel scroll"><table class="rows" id="segments"><thead><tr><th></th>'
        f"<th>Rows</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _notes(result: Result) -> str:
    items = "".join(f"<li>{escape(note)}</li>" for note in result.all_notes)
    return f'<h2>Notes</h2><ul class="notes">{items}</ul>' if items else ""


def _facts(result: Result) -> str:
    model = result.model
    facts = [
        ("Model", f"{model.name} ({model.kind})"),
        ("SHA-256", model.sha256),
        ("Rows", f"{result.rows_read:,} read, {result.rows_without_label:,} without a label"),
        ("Classes", ", ".join(f"{name} ({n:,} rows)" for name, n in result.support().items())),
        ("Versions", ", ".join(f"{name} {text}" for name, text in result.versions.items())),
    ]
    if model.archive is not None:
        facts.insert(1, ("Archive", f"{model.archive}, SHA-256 {model.archive_sha256}"))
    rows = "".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<h2>Details</h2><dl class="panel facts">{rows}</dl>'
