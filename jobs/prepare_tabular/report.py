"""What a run says to the person at the terminal: the words of jobs.report, which needs pyspark."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.config import PrepareConfig
from jobs.errors import UnsupportedError
from jobs.local_files import LocalFiles
from jobs.prepare_tabular.memory import estimate
from jobs.prepare_tabular.run import Prepared, open_task, run
from jobs.prepare_tabular.table import TabularTask
from schemas.errors import InputError
from schemas.names import some
from transforms.plan import ColumnPlan

_MOST_ROWS = 20


def explain_or_run(config: PrepareConfig) -> str:
    """Do what the options say; return what there is to say of it."""
    try:
        return explain(open_task(LocalFiles(), config)) if config.explain else report(run(config))
    except UnsupportedError as error:
        raise InputError(
            f"prepare-tabular cannot do this: {error}; use spark-submit jobs/main.py prepare …"
        ) from None
    except MemoryError:
        raise InputError(
            f"{config.input} did not fit the memory of this machine, and nothing was published; "
            "use spark-submit jobs/main.py prepare …"
        ) from None


def _table(rows: Sequence[tuple[str, str]], *, title: str) -> str:
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join([title, *(f"  {name:<{width}}  {value:>12}" for name, value in rows)])


def report(done: Prepared) -> str:
    """Sum up a finished run: rows, nulls filled, seconds, and where the results are."""
    manifest = done.manifest
    parts = [_table(_counts(manifest["rows"]), title="Rows")]
    filled = _filled(manifest["nulls_filled"])
    if filled:
        parts.append(_table(filled, title="Nulls filled"))
    parts.append(_table([(n, f"{s:.1f} s") for n, s in manifest["seconds"].items()], title="Time"))
    where = done.output.removeprefix("file:")
    tops = list(dict.fromkeys(file["path"].split("/")[0] for file in manifest["files"]))
    places = [f"  {where}/{top}{'' if '.' in top else '/'}" for top in tops]
    parts.append("\n".join(["Results", *places, f"  {where}/manifest.json"]))
    if done.notes:
        parts.append("\n".join(["Notes", *(f"  - {note}" for note in done.notes)]))
    return "\n\n".join(parts)


def _counts(rows: dict[str, dict[str, int]]) -> list[tuple[str, str]]:
    out = [("read", f"{rows['read']:,}")]
    out += [(f"dropped: {why}", f"{n:,}") for why, n in rows["dropped"].items()]
    quarantined = sorted(rows["quarantined"].items(), key=lambda item: (-item[1], item[0]))
    out += [(f"quarantined: {why}", f"{n:,}") for why, n in quarantined[:_MOST_ROWS]]
    if not quarantined:
        out.append(("quarantined", "0"))
    return out + [(name, f"{n:,}") for name, n in rows["published"].items()]


def _filled(nulls: dict[str, int]) -> list[tuple[str, str]]:
    filled = [(name, f"{n:,}") for name, n in nulls.items() if n]
    whole = tuple(name for name, n in nulls.items() if not n)
    if whole:
        filled.append((f"no nulls in {some(whole, 6)}", "0"))
    more = [(f"… and {len(filled) - _MOST_ROWS} more columns", "")][: len(filled) > _MOST_ROWS]
    return filled[:_MOST_ROWS] + more


def explain(task: TabularTask) -> str:
    """Say what a run would do, column by column, and the memory it takes."""
    config, source, contract = task.config, task.table.source, task.contract
    origin = "inferred from a sample" if task.table.inferred else config.contract
    weights = " / ".join(f"{float(weight):g}" for weight in config.weights)
    count = f"{len(source.files):,} files, {source.bytes:,} bytes"
    head = [
        ("input", f"{source.path} ({source.format}, {count})"),
        ("memory", str(estimate(LocalFiles(), source))),
        ("contract", f"{contract.name} ({origin}), {len(contract.columns)} columns"),
        ("target", task.target + "; rows without it are dropped"),
        ("null tokens", ", ".join(repr(token) for token in contract.null_tokens)),
        ("bad rows", f"{contract.on_breach}, unless a column says otherwise"),
        ("duplicates", "one of them is kept" if config.drop_duplicates else "kept"),
        (
            "split",
            f"hash of {', '.join(contract.key) or 'all columns'}, seed {config.seed}, {weights}",
        ),
        ("learned", config.preprocessor or "from the training rows"),
        ("output", f"{config.output} ({config.format})"),
    ]
    lines = ["What prepare-tabular would do (only the header and a sample were read):", ""]
    lines += [f"  {name:<12}{value}" for name, value in head]
    lines += ["", f"  {'column':<24}{'type':<16}{'what happens':<32}output"]
    lines += [_line(plan, task) for plan in task.plans]
    left_out = [c.name for c in contract.columns if c.treat == "leave_out"]
    if left_out:
        lines += ["", "  left out: " + ", ".join(left_out)]
    return "\n".join([*lines, *(f"  note: {note}" for note in task.table.notes)])


def _line(plan: ColumnPlan, task: TabularTask) -> str:
    what = "kept"
    if plan.name == task.target:
        what = "target, kept"
    elif plan.action == "index":
        what = f"string index, {task.config.fit.unseen} unseen"
    elif plan.action == "number":
        steps = [f"{plan.fill} fill"] if plan.fill else []
        what = ", ".join([*steps, *(["scale"] if plan.scale else [])]) or "kept"
    return f"  {plan.name:<24}{plan.type:<16}{what:<32}{plan.output} ({plan.output_type})"
