"""The report as one HTML page: no script, nothing fetched, same log: same bytes."""

from __future__ import annotations

import importlib.resources

from launch.report import timeline
from launch.report.make import Report
from launch.report.view import view


def report_html(report: Report) -> str:
    """Write the page; whatever comes from outside is escaped by the template."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.from_string(_own("page.html")).render(
        page=view(report),
        line=timeline.draw(report.case),
        width=timeline.WIDTH,
        left=timeline.LEFT,
        style=Markup(_own("page.css")),
    )


def _own(name: str) -> str:
    return importlib.resources.files(__package__).joinpath(name).read_text("utf-8")
