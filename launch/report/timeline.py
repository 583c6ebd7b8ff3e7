"""The picture of a run's time: busy cores above, jobs and their stages below, one axis."""

from __future__ import annotations

from dataclasses import dataclass

from launch.report.figures import available_cores, span
from launch.report.finding import Case
from launch.report.numbers import share, time
from launch.report.record import Stage

WIDTH = 1040
LEFT, RIGHT = 300, 74
_CORES_TOP, _CORES_HEIGHT = 16, 84
_ROWS_TOP = _CORES_TOP + _CORES_HEIGHT + 34
_JOB_HEIGHT, _STAGE_HEIGHT, _BAR = 26, 22, 14
_MOST_STAGES = 40
_MOST_TICKS = 9
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)
_LETTERS = 42


@dataclass(frozen=True)
class Bar:
    """A stage: where its bar lies, how much of the cores it filled, what is written beside it."""

    x: float
    y: float
    width: float
    filled_y: float
    filled: float
    kind: str
    label: str
    beside: str
    title: str


@dataclass(frozen=True)
class Group:
    """A job: its title and its time, above its stages."""

    y: float
    x: float
    width: float
    label: str
    failed: bool


@dataclass(frozen=True)
class Timeline:
    """Everything that is drawn, in the picture's own units."""

    height: float
    cores: int
    cores_top: float
    cores_base: float
    area: str
    available: str
    ticks: tuple[tuple[float, str], ...]
    groups: tuple[Group, ...]
    bars: tuple[Bar, ...]
    left_out: int


def draw(case: Case) -> Timeline | None:
    """Lay a run's time out; None where it has no stages."""
    every = [stage for stage in case.record.stages.values() if stage.tasks or stage.done]
    if not every or case.record.end <= case.record.started:
        return None
    longest = sorted(every, key=lambda stage: (-case.seconds(stage), stage.number))
    shown = {(stage.number, stage.attempt) for stage in longest[:_MOST_STAGES]}
    axis = _Axis(case)
    groups, bars, y = [], [], float(_ROWS_TOP)
    for number, stages in _by_job(every, shown):
        groups.append(_group(case, axis, number, stages, y))
        y += _JOB_HEIGHT
        for stage in stages:
            bars.append(_bar(case, axis, stage, y))
            y += _STAGE_HEIGHT
        y += 6
    area, available = _cores(case, axis)
    return Timeline(
        height=y + 6,
        cores=case.figures.cores,
        cores_top=_CORES_TOP,
        cores_base=_CORES_TOP + _CORES_HEIGHT,
        area=area,
        available=available,
        ticks=axis.ticks(),
        groups=tuple(groups),
        bars=tuple(bars),
        left_out=len(every) - len(shown),
    )


class _Axis:
    def __init__(self, case: Case) -> None:
        self._start, self._whole = case.record.started, case.record.end - case.record.started

    def x(self, moment: float) -> float:
        inside = min(max(0.0, moment - self._start), self._whole)
        return round(LEFT + inside / self._whole * (WIDTH - LEFT - RIGHT), 2)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        whole = self._whole / 1000
        # Longer than any step: whole days.
        step = next((step for step in _STEPS if whole / step <= _MOST_TICKS), 86_400.0)
        count = min(100, int(whole / step) + 1)
        moments = [number * step for number in range(count)]
        return tuple((self.x(self._start + moment * 1000), time(moment)) for moment in moments)


def _by_job(
    stages: list[Stage], shown: set[tuple[int, int]]
) -> list[tuple[int | None, list[Stage]]]:
    groups: dict[int | None, list[Stage]] = {}
    for stage in sorted(stages, key=lambda stage: (stage.number, stage.attempt)):
        if (stage.number, stage.attempt) in shown:
            groups.setdefault(stage.job, []).append(stage)
    return sorted(groups.items(), key=lambda item: -1 if item[0] is None else item[0])


def _group(case: Case, axis: _Axis, number: int | None, stages: list[Stage], y: float) -> Group:
    job = case.record.jobs.get(-1 if number is None else number)
    spans = [span(stage, case.record) for stage in stages]
    begin = job.started if job else min(begin for begin, _ in spans)
    end = job.ended if job and job.ended is not None else max(end for _, end in spans)
    name = f"Job {number}" if number is not None else "Stages of no job"
    return Group(
        y=y,
        x=axis.x(begin),
        width=max(1.0, round(axis.x(end) - axis.x(begin), 2)),
        label=f"{name}  {job.name}" if job and job.name else name,
        failed=bool(job and job.failed),
    )


def _bar(case: Case, axis: _Axis, stage: Stage, y: float) -> Bar:
    begin, end = span(stage, case.record)
    seconds = (end - begin) / 1000
    cores = seconds * max(1, case.figures.cores)
    used = (stage.totals.task + stage.wasted) * case.record.task_cores / 1000
    busy = min(1.0, used / cores) if cores else 0.0
    what = ", ".join(stage.operations) or stage.name
    label = f"{stage.number}  {what}"
    x, height = axis.x(begin), max(1.0, round(_BAR * busy, 2))
    return Bar(
        x=x,
        y=y,
        width=max(1.5, round(axis.x(end) - x, 2)),
        filled_y=round(y + _BAR - height, 2),
        filled=height,
        kind=kind_of(stage),
        label=label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…",
        beside=time(seconds),
        title=f"Stage {stage.number}: {what}; {time(seconds)}, {stage.done:,} tasks, "
        f"{share(busy)} of the cores busy",
    )


def kind_of(stage: Stage) -> str:
    """Sort a stage by what it does outside of memory: failed, writes, reads, or shuffled only."""
    if stage.failure:
        return "failed"
    if stage.totals.output_bytes:
        return "writes"
    return "reads" if stage.totals.input_bytes else "shuffled"


def _cores(case: Case, axis: _Axis) -> tuple[str, str]:
    """Draw busy cores as an area, those that were there as a line above it."""
    top, base = _CORES_TOP, _CORES_TOP + _CORES_HEIGHT
    most = max(1, case.figures.cores)

    def height(cores: float) -> float:
        return round(base - min(1.0, cores / most) * (base - top), 2)

    points, last = [f"{axis.x(case.record.started)},{base}"], float(base)
    for moment, cores in case.record.busy.curve():
        x, y = axis.x(moment), height(cores)
        points += [f"{x},{last}", f"{x},{y}"]
        last = y
    points.append(f"{axis.x(case.record.end)},{last} {axis.x(case.record.end)},{base}")
    working = [item for item in case.record.executors.values() if item.cores]
    steps, before = [], float(base)
    for moment, cores in [*available_cores(working, case.record)]:
        x, y = axis.x(moment), height(cores)
        steps += [f"{x},{before}", f"{x},{y}"]
        before = y
    return " ".join(points), " ".join(steps)
