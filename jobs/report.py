"""What a run says to the person at the terminal: a short table, or the plan of ``--explain``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jobs.learned import Prepared
from jobs.publish.layout import MANIFEST, PREPROCESSOR
from schemas.names import some

if TYPE_CHECKING:
    from jobs.task import Described, Task
    from transforms.plan import ColumnPlan

_MOST_ROWS = 20


def table(rows: Sequence[tuple[str, str]], *, title: str) -> str:
    """Lay rows of (name, value) out as two columns under a title."""
    width = max((len(name) for name, _ in rows), default=0)
    lines = [f"  {name:<{width}}  {value:>12}" for name, value in rows]
    return "\n".join([title, *lines])


def report(done: Prepared) -> str:
    """Sum up a finished run: rows, nulls filled, seconds, and where the results are."""
    manifest = done.manifest
    rows = manifest["rows"]
    counts = [("read", f"{rows['read']:,}")]
    counts += [(f"dropped: {why}", f"{n:,}") for why, n in rows["dropped"].items()]
    quarantined = sorted(rows["quarantined"].items(), key=lambda item: (-item[1], item[0]))
    counts += [(f"quarantined: {why}", f"{n:,}") for why, n in quarantined[:_MOST_ROWS]]
    if not quarantined:
        counts.append(("quarantined", "0"))
    counts += [(name, f"{n:,}") for name, n in rows["published"].items()]
    parts = [table(counts, title="Rows")]
    filled = [(name, f"{n:,}") for name, n in manifest["nulls_filled"].items() if n]
    whole = [name for name, n in manifest["nulls_filled"].items() if not n]
    if filled or whole:
        more = [(f"… and {len(filled) - _MOST_ROWS} more columns", "")][: len(filled) > _MOST_ROWS]
        text = table(filled[:_MOST_ROWS] + more, title="Nulls filled")
        none = f"\n  none in {some(tuple(whole), 6)}: the published rows had none there"
        parts.append(text + (none if whole else ""))
    parts.append(table([(n, f"{s:.1f} s") for n, s in manifest["seconds"].items()], title="Time"))
    parts.append(_places(done))
    if done.notes:
        parts.append("\n".join(["Notes", *(f"  - {note}" for note in done.notes)]))
    return "\n\n".join(parts)


def _places(done: Prepared) -> str:
    files = done.manifest["files"]
    where = done.output.removeprefix("file:")
    named = done.manifest["preprocessor"]["path"]
    tops = list(
        dict.fromkeys(file["path"].split("/")[0] for file in files if file["path"] != named)
    )
    lines = [f"  {where}/{top}{'' if '.' in top else '/'}" for top in tops]
    ends = [f"  {where}/{name}" for name in (PREPROCESSOR, MANIFEST)]
    return "\n".join(["Results", *lines, *ends])


def explain(task: Task) -> str:
    """Say what a run would do, column by column."""
    config, source, contract = task.config, task.table.source, task.contract
    origin = "inferred from a sample" if task.table.inferred else config.contract
    key = ", ".join(contract.key) if contract.key else "all columns"
    weights = " / ".join(f"{float(weight):g}" for weight in config.weights)
    head = [
        (
            "input",
            f"{source.path} ({source.format}, {len(source.files):,} files, {source.bytes:,} bytes)",
        ),
        ("contract", f"{contract.name} ({origin}), {len(contract.columns)} columns"),
        ("target", task.target + "; rows without it are dropped"),
        ("null tokens", ", ".join(repr(token) for token in contract.null_tokens)),
        ("bad rows", f"{contract.on_breach}, unless a column says otherwise"),
        ("split", f"{config.split_method} of {key}, seed {config.seed}, {weights}"),
        ("learned", config.preprocessor or "from the training rows, in one aggregate"),
        ("output", f"{config.output} ({config.format})"),
    ]
    return columns_explained(
        "What prepare would do (nothing was read but the header and a sample):", head, task
    )


def columns_explained(title: str, head: Sequence[tuple[str, str]], task: Described) -> str:
    """Lay out what a run would do: the choices in ``head``, then each column."""
    lines = [title, "", *(f"  {name:<12}{value}" for name, value in head)]
    lines += ["", f"  {'column':<24}{'type':<16}{'what happens':<32}output"]
    lines += [_line(plan, task) for plan in task.plans]
    left_out = [c.name for c in task.contract.columns if c.treat == "leave_out"]
    if left_out:
        lines += ["", "  left out: " + ", ".join(left_out)]
    return "\n".join([*lines, *(f"  note: {note}" for note in task.table.notes)])


def _line(plan: ColumnPlan, task: Described) -> str:
    what = "kept"
    if plan.name == task.target:
        what = "target, kept"
    elif plan.action == "index":
        what = f"string index, {task.config.fit.unseen} unseen"
    elif plan.action == "number":
        steps = [f"{plan.fill} fill"] if plan.fill else []
        what = ", ".join([*steps, *(["scale"] if plan.scale else [])]) or "kept"
    return f"  {plan.name:<24}{plan.type:<16}{what:<32}{plan.output} ({plan.output_type})"
