"""``launch cost``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
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
)
from launch.commands.run_table import dollars
from launch.errors import LaunchError

if TYPE_CHECKING:
    from launch.cost.estimate import Estimate
    from launch.description.load import Description
    from launch.runs.model import Run

_NOT_INCLUDED = (
    "not included: S3, volumes, logs, data transfer",
    "processing jobs have no Spot: this is the full price; only a pipeline's training step has it",
)


@click.command(epilog="Example: launch cost prepare --target prod --hours 1.5")
@click.argument("job", required=False)
@description_options
@click.option("--hours", type=click.FloatRange(min=0, min_open=True),
              help="What a run takes; default: what past runs took, else at most.")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True,
              help="Of how many of the newest runs that succeeded.")  # fmt: skip
@LOCAL
@JSON
def cost_command(
    job: str | None,
    file: Path | None,
    target: str,
    variables: tuple[str, ...],
    hours: float | None,
    limit: int,
    local: bool,
    as_json: bool,
) -> None:
    """Estimate what a run of JOB costs, a month by its schedules, and other machines.

    Without JOB, all jobs. Durations are those of past runs; where there are none, max_runtime is
    the most a run can take. Prices come from a dated table; LAUNCH_PRICES names a file of your own.
    """
    from launch.cost.estimate import estimate

    description = read_description(file, target, variables)
    found: dict[str, Estimate] = {}
    past = _Past(description, limit=limit, local=local)
    for name in [job] if job else description.jobs:
        found[name] = estimate(
            description.job(name),
            description.target.region,
            past=() if hours is not None else past.of(name),
            schedules={k: s for k, s in description.schedules.items() if s.job == name},
            now=datetime.now(timezone.utc),
            hours=hours,
        )
    if as_json:
        print_json({name: _json(item) for name, item in found.items()})
        return
    for name, item in found.items():
        _print(name, item, target, alone=len(found) == 1)
    for text in _NOT_INCLUDED:
        note(text)


class _Past:
    """The past runs of jobs; none, and one note, where they cannot be asked for."""

    def __init__(self, description: Description, *, limit: int, local: bool) -> None:
        self._description, self._limit, self._local = description, limit, local
        self._closed = False

    def of(self, job: str) -> Sequence[Run]:
        """Return the newest that succeeded, with their requests."""
        from launch.cost.past import with_details

        if self._closed:
            return ()
        try:
            runs = open_runs(self._description, local=self._local)
            found = own_runs(
                runs, self._description, limit=self._limit, job=job, status="Completed"
            )
            return with_details(runs, found)
        except LaunchError as error:
            self._closed = True
            note(f"past runs could not be read: {error}")
            return ()


def _json(item: Estimate) -> dict[str, Any]:
    return {
        **asdict(item),
        "usd": item.usd,
        "usd_long": item.usd_long,
        "usd_a_month": item.usd_a_month,
        "not_included": list(_NOT_INCLUDED),
    }


def _print(name: str, item: Estimate, target: str, *, alone: bool) -> None:
    out = console()
    price = "no price is known"
    if item.usd_per_hour is not None:
        price = f"${item.usd_per_hour:.4g} an hour each (prices: {item.as_of})"
    out.print(f"[bold]{name}[/] → {target}: {item.machines} in {item.region}, {price}")
    out.print(f"  a run     {dollars(item.usd)}   {duration(item.seconds)}, {item.basis}")
    if item.seconds_long is not None:
        text = f"{duration(item.seconds_long)} or more, one run of ten"
        out.print(f"            {dollars(item.usd_long)}   {text}")
    if item.schedules:
        many = f"{item.runs_a_month:.3g} runs by {', '.join(item.schedules)}"
        out.print(f"  a month   {dollars(item.usd_a_month)}   {many}")
    else:
        out.print("  a month   no schedule")
    if alone and item.alternatives:
        _print_alternatives(item)


def _print_alternatives(item: Estimate) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("  INSTEAD", "vCPU", "GiB", "USD/HOUR", "A RUN", "A MONTH"):
        table.add_column(title, justify="left" if title == "  INSTEAD" else "right")
    for other in item.alternatives:
        a_month = dollars(other.usd * item.runs_a_month) if item.schedules else "–"
        table.add_row(
            f"  {item.machines.count} × {other.instance_type}",
            str(other.vcpu),
            f"{other.memory_mib / 1024:.4g}",
            f"{other.usd_per_hour:.4g}",
            dollars(other.usd),
            a_month,
        )
    console().print(table)
    note("same duration assumed; measure it: launch submit JOB with another instance_type")
