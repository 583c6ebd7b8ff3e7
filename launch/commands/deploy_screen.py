"""What ``launch deploy`` and its like show, and what they ask."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from launch.commands.common import console, note
from launch.errors import LaunchError

if TYPE_CHECKING:
    from launch.check import Finding
    from launch.deploy.difference import Difference
    from launch.deploy.scheduled import Scheduled
    from launch.deploy.stack import ChangeSet, Event
    from launch.description.load import Description

_COLOURS = {
    "Add": "green", "Modify": "yellow", "Remove": "red",
    "added": "green", "changed": "yellow", "removed": "red",
}  # fmt: skip
_SHOWN_RUNS = 5


class Screen:
    """Shows a deployment on the screen, and asks there."""

    def __init__(self, yes: bool) -> None:
        self._yes = yes

    def note(self, text: str) -> None:
        """Print a line for people."""
        note(text)

    def agree(self, proposed: ChangeSet) -> bool:
        """Show the changes as a table, and ask."""
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("ACTION", "RESOURCE", "TYPE", "REPLACED"):
            table.add_column(title)
        for item in sorted(proposed.changes, key=lambda item: (item.action, item.resource)):
            colour = _COLOURS.get(item.action, "white")
            replaced = "" if item.replacement == "False" else item.replacement
            table.add_row(f"[{colour}]{item.action}[/]", item.resource, item.type, replaced)
        console(err=True).print(table)
        return asked(self._yes, "make these changes?")

    def event(self, event: Event) -> None:
        """Show one line of the stack's history."""
        from rich.markup import escape

        style = "bold red" if event.failed else "dim"
        reason = f"  {escape(event.reason)}" if event.reason else ""
        console(err=True).print(f"  [{style}]{event.status:28}[/] {event.resource}{reason}")


def asked(yes: bool, question: str) -> bool:
    """Ask, unless told not to; whoever cannot answer is told how."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise LaunchError(f"{question} Nobody can answer here; give --yes. Nothing was changed")
    if click.confirm(question, default=False, err=True):
        return True
    note("nothing was changed")
    return False


def refuse_errors(found: list[Finding]) -> None:
    """Print what is wrong or doubtful; LaunchError where a scheduled run would fail."""
    from launch.commands.findings import show

    show([item for item in found if item.level != "note"], err=True)
    errors = sum(item.level == "error" for item in found)
    if errors:
        raise LaunchError(
            f"scheduled runs would fail ({errors} error{'s' * (errors != 1)} above); nothing was "
            "changed"
        )


def show_schedules(scheduled: list[Scheduled]) -> None:
    """Print the next runs of each schedule: in UTC, and in its zone or this machine's."""
    from launch.cron import next_runs

    now = datetime.now(timezone.utc)
    out = console(err=True)
    if not scheduled:
        note("launch.yaml has no schedules; alerts, storage and roles alone")
    for item in scheduled:
        schedule = item.schedule
        off = "" if schedule.enabled else "  [yellow]switched off[/]"
        counted = ", counted from now" if schedule.cron.startswith("rate") else ""
        out.print(f"[bold]{item.name}[/]  {schedule.job}  {schedule.cron}{counted}{off}")
        zone = None if schedule.timezone == "UTC" else ZoneInfo(schedule.timezone)
        runs = next_runs(schedule.cron, after=now, count=_SHOWN_RUNS, zone=schedule.timezone)
        for moment in runs:
            out.print(f"  {moment:%Y-%m-%d %H:%M} UTC   {moment.astimezone(zone):%a %H:%M %Z}")
        if not runs:
            raise LaunchError(f"schedules.{item.name}.cron: {schedule.cron} never comes again")


def show_next_steps(description: Description) -> None:
    """Say what deploy cannot do itself."""
    from launch.deploy.storage import lifecycle_by_hand

    alerts = description.target.alerts
    for address in alerts.email:
        note(f"next: {address} has to confirm AWS's mail, if it has not yet")
    if not (alerts.email or alerts.webhook):
        note("nobody hears of failures yet: name alerts in the target, and deploy again")
    if not description.target.create_bucket:
        bucket = description.target.bucket
        note(f"{bucket} is not the stack's. Lifecycle rules you may want for it, after a look at")
        note("those it has (this call replaces them):")
        note(f"aws s3api put-bucket-lifecycle-configuration --bucket {bucket} \\")
        rules = json.dumps(lifecycle_by_hand(description), indent=1)
        note(f"  --lifecycle-configuration '{rules}'")


def show_difference(item: Difference) -> None:
    """Print what differs in one resource."""
    from rich.markup import escape

    out = console()
    out.print(f"[{_COLOURS[item.change]}]{item.change:8}[/] {item.resource}  [dim]{item.type}[/]")
    for setting in item.settings:
        before, after = (
            "(nothing)" if side is None else json.dumps(side, sort_keys=True)
            for side in (setting.before, setting.after)
        )
        out.print(f"         {escape(f'{setting.path}: {before} → {after}')}")
