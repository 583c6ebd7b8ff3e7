"""How findings of ``launch check`` are shown, also where submit and backfill stop at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from launch.commands.common import console

if TYPE_CHECKING:
    from launch.check import Finding

_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}


def show(findings: Sequence[Finding], *, err: bool = False) -> None:
    """Print findings, the worst first, each with what to write instead."""
    from rich.markup import escape

    out = console(err=err)
    for item in sorted(findings, key=lambda item: list(_STYLES).index(item.level)):
        style = _STYLES[item.level]
        place = f"{item.place}: " if item.place else ""
        out.print(f"  [{style}]{item.level:8}[/] {escape(place + item.message)}")
        if item.hint:
            out.print(f"           → {escape(item.hint)}")
