"""What a backfill shows: lines and a table in a log, a live table on a terminal."""

from __future__ import annotations

import io
from datetime import date, datetime, timedelta, timezone

import pytest
from rich.console import Console

from launch.backfill.days import Day
from launch.commands.backfill_table import counts, line, short, shown, whole
from launch.runs.model import Run

START = datetime(2026, 11, 20, tzinfo=timezone.utc)
LONG = "shop-load-every-night-d20261103-20261126-224000-abcd"


def day(number: int, outcome: str, *, name: str = "", cause: str = "", ended: bool = True) -> Day:
    end = START + timedelta(seconds=725) if ended else None
    run = Run(name, outcome, START, START, end) if name else None
    return Day(date(2026, 11, number), outcome, run, cause)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        (day(1, "running", name="r-1", ended=False), "2026-11-01  runs  r-1"),
        (day(1, "skipped", name="r-1"), "2026-11-01  is done already  r-1"),
        (day(1, "Completed", name="r-1"), "2026-11-01  Completed after 12 min 5 s"),
        (day(1, "Failed", name="r-1", cause="no x\n(in y)"),
         "2026-11-01  Failed after 12 min 5 s: no x"),
        (day(1, "Failed", cause="nothing there"), "2026-11-01  Failed: nothing there"),
        (day(1, "not started"), "2026-11-01  not started"),
    ],
)  # fmt: skip
def test_a_line_for_each_move(moved: Day, said: str) -> None:
    assert line(moved) == said


def test_a_cause_is_cut_to_a_line() -> None:
    assert short("") == short("\n ") == ""
    assert short("  one\ntwo") == "one"
    assert short("x" * 160) == "x" * 160
    assert short("x" * 161) == "x" * 159 + "…"


def test_days_are_counted() -> None:
    days = [day(1, "Completed"), day(2, "Failed"), day(3, "Completed"), day(4, "not started")]
    assert counts(days) == "2 Completed, 1 Failed, 1 not started"
    assert counts([]) == ""


@pytest.mark.parametrize("width", [80, 120, 200])
def test_a_name_is_never_cut_however_narrow_it_is(width: int) -> None:
    out = io.StringIO()
    cause = "there is nothing at s3://bucket/raw/" + "x" * 100
    Console(file=out, width=width).print(whole([day(3, "Failed", name=LONG, cause=f"[a] {cause}")]))
    title, first, *more = out.getvalue().splitlines()
    assert title.split() == ["DAY", "OUTCOME", "TOOK", "RUN", "CAUSE"]
    assert first.startswith("2026-11-03  Failed   12 min 5 s  shop-load-")
    start, end = title.index("RUN"), title.index("CAUSE")
    rows = [first, *more]
    assert "".join(row[start:end].strip() for row in rows) == LONG
    assert "".join(row[end:].strip() for row in rows).replace(" ", "") == (
        f"[a] {cause}".replace(" ", "")
    )


def test_without_a_terminal_each_move_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with shown(list) as on_change:
        on_change(day(1, "Completed", name="r-1"))
    assert capsys.readouterr().err == "2026-11-01  Completed after 12 min 5 s\n"


def test_on_a_terminal_what_matters_is_drawn_and_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = io.StringIO()
    terminal = Console(force_terminal=True, file=out, width=100)
    monkeypatch.setattr("launch.commands.backfill_table.console", lambda err: terminal)
    days = [
        *(day(number, "Completed", name=f"r-{number}") for number in range(1, 9)),
        day(9, "Failed", name="r-9", cause="no [x] there"),
        day(10, "running", name="r-10", ended=False),
        *(day(number, "to come") for number in range(11, 20)),
    ]
    with shown(lambda: days) as on_change:
        on_change(days[0])
    drawn = out.getvalue()
    assert [number for number in range(1, 20) if f"2026-11-{number:02}" in drawn] == [
        4, 5, 6, 7, 8, 9, 10,
    ]  # fmt: skip
    assert "no [x] there" in drawn
    assert "r-10" in drawn
    assert "8 Completed, 1 running, 1 Failed, 9 to come" in drawn.replace("\x1b[0m", "")
    assert drawn.rstrip().endswith("\x1b[2K"), "the lines are taken away again"
    assert capsys.readouterr().err == ""
