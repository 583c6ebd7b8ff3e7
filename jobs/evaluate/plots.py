"""Line plots as inline SVG.

Written here because the images this runs in have no plotting library, and because SVG in the page
needs no second file, stays sharp and takes its colours from the page, light or dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

_WIDTH, _HEIGHT = 360, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 12, 44
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_MOST_LABEL = 18


@dataclass(frozen=True)
class Line:
    """Points within 0 to 1; with ``dots`` each is marked."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    dots: bool = False


@dataclass(frozen=True)
class Plot:
    """A square of 0 to 1 by 0 to 1: what is drawn in it and what its sides are called.

    ``guide`` is a dashed line of reference from point to point, ``mark`` one point that stands out,
    ``bars`` are heights (0 to 1) of equally wide columns behind the lines.
    """

    name: str
    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    guide: tuple[float, float, float, float] | None = None
    mark: tuple[float, float] | None = None
    bars: Sequence[float] = field(default=())


def svg(plot: Plot) -> str:
    """Draw a plot; all text in it is escaped."""
    parts = [
        f'<svg id="{escape(plot.name)}" class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{escape(plot.title)}"><title>{escape(plot.title)}</title>',
        *_grid(),
        *_bars(plot.bars),
    ]
    if plot.guide:
        x1, y1, x2, y2 = plot.guide
        parts.append(
            f'<line class="guide" x1="{_x(x1)}" y1="{_y(y1)}" x2="{_x(x2)}" y2="{_y(y2)}"/>'
        )
    for number, line in enumerate(plot.lines):
        points = " ".join(f"{_x(x)},{_y(y)}" for x, y in zip(line.x, line.y))
        parts.append(f'<polyline class="line c{number}" points="{points}"/>')
        if line.dots:
            parts += [
                f'<circle class="dot c{number}" cx="{_x(x)}" cy="{_y(y)}" r="3.5"/>'
                for x, y in zip(line.x, line.y)
            ]
    if plot.mark:
        parts.append(
            f'<circle class="mark" cx="{_x(plot.mark[0])}" cy="{_y(plot.mark[1])}" r="5"/>'
        )
    parts += _names(plot)
    return "".join([*parts, "</svg>"])


def legend(lines: Sequence[Line]) -> str:
    """List the lines with their colours, where there are several."""
    if len(lines) < 2:
        return ""
    items = "".join(
        f'<li><i class="c{number}"></i>{escape(_short(line.label))}</li>'
        for number, line in enumerate(lines)
    )
    return f'<ul class="legend">{items}</ul>'


def _short(text: str) -> str:
    return text if len(text) <= _MOST_LABEL else text[: _MOST_LABEL - 1] + "…"


def _x(value: float) -> str:
    return f"{_LEFT + value * (_WIDTH - _LEFT - _RIGHT):.2f}"


def _y(value: float) -> str:
    return f"{_HEIGHT - _BOTTOM - value * (_HEIGHT - _TOP - _BOTTOM):.2f}"


def _grid() -> list[str]:
    parts = []
    for tick in _TICKS:
        name = f"{tick:g}"
        parts += [
            f'<line class="grid" x1="{_x(0)}" y1="{_y(tick)}" x2="{_x(1)}" y2="{_y(tick)}"/>',
            f'<line class="grid" x1="{_x(tick)}" y1="{_y(0)}" x2="{_x(tick)}" y2="{_y(1)}"/>',
            f'<text class="tick" x="{_LEFT - 8}" y="{float(_y(tick)) + 4:.2f}" '
            f'text-anchor="end">{name}</text>',
            f'<text class="tick" x="{_x(tick)}" y="{_HEIGHT - _BOTTOM + 17}" '
            f'text-anchor="middle">{name}</text>',
        ]
    return parts


def _bars(heights: Sequence[float]) -> list[str]:
    width = (_WIDTH - _LEFT - _RIGHT) / max(1, len(heights))
    base = float(_y(0))
    return [
        f'<rect class="bar" x="{_LEFT + number * width + 2:.2f}" y="{_y(height)}" '
        f'width="{width - 4:.2f}" height="{base - float(_y(height)):.2f}"/>'
        for number, height in enumerate(heights)
    ]


def _names(plot: Plot) -> list[str]:
    middle = _TOP + (_HEIGHT - _TOP - _BOTTOM) / 2
    return [
        f'<text class="side" x="{_x(0.5)}" y="{_HEIGHT - 6}" text-anchor="middle">'
        f"{escape(plot.x_label)}</text>",
        f'<text class="side" transform="translate(12 {middle:.2f}) rotate(-90)" '
        f'text-anchor="middle">{escape(plot.y_label)}</text>',
    ]
