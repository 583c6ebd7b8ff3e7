"""``launch runs``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from launch.commands.common import (
    JSON,
    LOCAL,
    console,
    description_options,
    duration,
    note,
    open_runs,
    own_runs,
    print_json,
    read_description,
    where,
)

if TYPE_CHECKING:
    from launch.cost.rows import Manifests, Rows
    from launch.description.load import Description
    from launch.runs.model import Run

_COLOURS = {"Completed": "green", "Failed": "bold red", "Stopped": "yellow"}
_NONE = "–"


@dataclass(frozen=True)
class _Line:
    """A run with what is worked out of it; None: not known."""

    run: Run
    seconds: float
    rows: Rows | None
    usd: float | None
    cause: str

    def to_json(self) -> dict[str, Any]:
        rows = self.rows
        return {
            "name": self.run.name,
            "status": self.run.status,
            "started": (self.run.started or self.run.created).isoformat(),
            "seconds": round(self.seconds),
            "rows": {**vars(rows), "published": rows.published} if rows else None,
            "usd": None if self.usd is None else round(self.usd, 4),
            "cause": self.cause,
        }


_SORTED: dict[str, Callable[[_Line], float]] = {
    "started": lambda line: (line.run.started or line.run.created).timestamp(),
    "duration": lambda line: line.seconds,
    "cost": lambda line: -1.0 if line.usd is None else line.usd,
    "rows": lambda line: -1.0 if line.rows is None else line.rows.published,
}


@click.command(
    epilog="Example: launch runs prepare --limit 30 --sort cost --target prod",
)
@click.argument("job", required=False)
@description_options
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True,
              help="Of how many of the newest runs.")  # fmt: skip
@click.option("--sort", type=click.Choice(list(_SORTED)), default="started", show_default=True,
              help="The largest first.")  # fmt: skip
@LOCAL
@JSON
def runs_command(
    job: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    limit: int,
    sort: str,
    local: bool,
    as_json: bool,
) -> None:
    """Show what the last runs of JOB took, published and cost, and how they ended.

    Without JOB, those of all jobs. The rows are those of the manifest that a run published: – where
    none names this run, such as after a later run has replaced it on a bucket without versioning.
    The costs are estimates.
    """
    from launch.cost.past import with_details

    description = read_description(file, target, variables)
    if job:
        description.job(job)
    runs = open_runs(description, local=local)
    found = with_details(runs, own_runs(runs, description, limit=limit, job=job))
    manifests = _open_manifests(description, local=local)
    now = datetime.now(timezone.utc)
    lines = [_line(run, manifests, description, now, local=local) for run in found]
    lines.sort(key=_SORTED[sort], reverse=True)
    if as_json:
        print_json({"runs": [line.to_json() for line in lines], "total": _total(lines)})
    elif not lines:
        what = f"{description.project}-{job}" if job else description.project
        wanted = f"launch submit {job or 'JOB'}{where(local=local)}"
        note(f"no runs of {what}; `{wanted}` makes one")
    else:
        _print(lines)


def _open_manifests(description: Description, *, local: bool) -> Manifests:
    """Return where the runs put their manifests, by the rule that submit goes by."""
    import os

    from launch.cost.rows import FolderManifests, S3Manifests

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if local and not endpoint:
        from launch.runs.local import FOLDER

        return FolderManifests(description.root / FOLDER / "s3")
    from launch.aws.session import open_session

    return S3Manifests(open_session(description.target))


def _line(
    run: Run, manifests: Manifests, description: Description, now: datetime, *, local: bool
) -> _Line:
    from launch.cost.past import machines_of, short_cause
    from launch.cost.rows import rows_of

    machines, seconds = machines_of(run), run.seconds(now)
    # What was played here cost nothing, and would take another time there.
    usd = machines.usd(seconds, description.target.region) if machines and not local else None
    rows = rows_of(run, manifests) if run.status == "Completed" else None
    return _Line(run, seconds, rows, usd, short_cause(run))


def _total(lines: Sequence[_Line]) -> dict[str, Any]:
    ended = [line for line in lines if line.run.has_ended]
    succeeded = sum(line.run.status == "Completed" for line in ended)
    costs = [line.usd for line in lines if line.usd is not None]
    return {
        "runs": len(lines),
        "ended": len(ended),
        "succeeded": succeeded,
        "seconds": round(sum(line.seconds for line in lines)),
        "usd": round(sum(costs), 4) if costs else None,
        "without_price": len(lines) - len(costs),
    }


def _print(lines: Sequence[_Line]) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    titles = ("STARTED (UTC)", "TOOK", "TRAIN", "VALIDATION", "TEST", "DROPPED", "QUARANTINED")
    for title in (*titles, "COST", "OUTCOME", "NAME", "CAUSE"):
        left = title in ("STARTED (UTC)", "OUTCOME", "NAME", "CAUSE")
        # On a narrow terminal the two long ones give way, into lines of their own.
        table.add_column(
            title, justify="left" if left else "right", overflow="fold",
            no_wrap=title not in ("NAME", "CAUSE"),
        )  # fmt: skip
    for line in lines:
        run, rows = line.run, line.rows
        counts = (
            (rows.train, rows.validation, rows.test, rows.dropped, rows.quarantined)
            if rows
            else (None,) * 5
        )
        table.add_row(
            (run.started or run.created).strftime("%Y-%m-%d %H:%M"),
            duration(line.seconds),
            *(_NONE if count is None else f"{count:,}" for count in counts),
            dollars(line.usd),
            f"[{_COLOURS.get(run.status, 'cyan')}]{run.status}[/]",
            run.name,
            escape(line.cause),
        )
    console().print(table)
    note(_total_text(_total(lines)))


def _total_text(total: dict[str, Any]) -> str:
    runs = total["runs"]
    parts = [f"{runs} run{'s' * (runs != 1)}"]
    if total["ended"]:
        share = 100 * total["succeeded"] / total["ended"]
        parts.append(f"{total['succeeded']} of {total['ended']} succeeded ({share:.0f} %)")
    parts.append(duration(total["seconds"]))
    if total["usd"] is not None:
        parts.append(f"about {dollars(total['usd'])} (see docs/cost.md)")
        if total["without_price"]:
            parts.append(f"{total['without_price']} without a price")
    return ", ".join(parts)


def dollars(usd: float | None) -> str:
    """Write an amount for people; – where it is not known."""
    if usd is None:
        return _NONE
    return "< $0.01" if 0 < usd < 0.01 else f"${usd:,.2f}"
