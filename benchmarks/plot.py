"""Draw seconds as bars, a panel a shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from benchmarks.summary import Summary

_OURS, _SPARK, _OTHERS = "#c8501e", "#7a8ca3", "#b9c2cc"
_COLORS = {"prepare": _OURS, "prepare-sail": "#e39a72", "floor": _SPARK, "naive": _SPARK}
_ACROSS = 2


def plot(summaries: Mapping[str, Mapping[str, Summary]], folder: Path) -> None:
    """Write bench.svg and bench.png; nothing where there is nothing to draw."""
    if not summaries:
        return
    down = -(-len(summaries) // _ACROSS)
    figure = Figure(figsize=(11, 0.6 + 2.5 * down), layout="constrained")
    panels = figure.subplots(down, _ACROSS, squeeze=False).flatten()
    for panel, (shape, lines) in zip(panels, summaries.items()):
        _draw(panel, shape, lines)
    for panel in panels[len(summaries) :]:
        panel.set_visible(False)
    # Without salt and date the same figures would give another file each time.
    with matplotlib.rc_context({"svg.hashsalt": "bench"}):
        figure.savefig(folder / "bench.svg", metadata={"Date": None})
    FigureCanvasAgg(figure).print_png(str(folder / "bench.png"), metadata={"Software": None})


def _draw(panel: Axes, shape: str, lines: Mapping[str, Summary]) -> None:
    names = list(lines)
    seconds = [0.0 if one.failed else one.seconds for one in lines.values()]
    colors = [_COLORS.get(name, _OTHERS) for name in names]
    bars = panel.barh(names, seconds, color=colors)
    # Linear, since the length of a bar is what is read; the figures help where bars are short.
    words = [one.outcome or f"{one.seconds:.1f} s" for one in lines.values()]
    panel.bar_label(bars, words, fontsize=8, padding=3)
    panel.set_title(f"{shape}: seconds, less is better", fontsize=10, loc="left")
    panel.invert_yaxis()
    panel.set_xlim(0, max([*seconds, 0.1]) * 1.15)
    panel.tick_params(labelsize=8)
    panel.spines[["top", "right"]].set_visible(False)
