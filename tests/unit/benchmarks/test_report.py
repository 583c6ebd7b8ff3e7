"""Tables, goals and plots from rounds that were measured long ago."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.goals import GOALS, goal_lines
from benchmarks.report import render, shape_table, write_report
from benchmarks.runs import Run
from benchmarks.summary import Result, Summary, load, save, summarize

ABOUT = {
    "date": "2026-11-23 12:00 UTC", "commit": "abc", "processor": "P", "cores": 2,
    "memory_gb": 8.0, "system": "Linux", "versions": {"pyspark": "3.5.9"},
    "driver_memory": "1g", "naive_memory": "1g",
}  # fmt: skip
INPUT = {"rows": 100, "labelled": 98, "columns": 18, "bytes": 1_000, "files": 1}


def one_run(name: str, number: int, seconds: float, failed: str | None = None) -> Run:
    read = None if name == "duckdb" else {"bytes_read": 2_000, "shuffle_bytes": 0, "jobs": 7}
    counters = None if read is None else {**read, "tasks": 9}
    peak = int(seconds * 1e6)
    return Run(name, number, failed, seconds, 2 * seconds, peak, counters, 3, 0, 500)


def result(shape: str, **seconds: float) -> Result:
    runs = [one_run(name.replace("_", "-"), 1, value) for name, value in seconds.items()]
    return Result(shape, ABOUT, INPUT, tuple(runs))


def lines_of(*results: Result) -> dict[str, tuple[str, ...]]:
    lines, _ = goal_lines({one.shape: one.summaries() for one in results}, {})
    return {line[0]: line[1:] for line in lines}


def test_medians_of_rounds() -> None:
    done = summarize([one_run("prepare", i, s) for i, s in enumerate((9.0, 3.0, 4.0), 1)])
    assert (done.seconds, done.fastest, done.slowest, done.cpu_seconds) == (4, 3, 9, 8)
    assert done.peak_bytes == 9_000_000
    assert (done.jobs, done.tasks, done.bytes_read) == (7, 9, 2_000)


def test_one_failed_round_is_a_failure() -> None:
    runs = [one_run("naive", 1, 5), one_run("naive", 2, 5, "failed: no heap")]
    assert summarize(runs) == Summary("naive", "failed: no heap")


def test_table_of_a_shape() -> None:
    runs = (one_run("prepare", 1, 4), one_run("naive", 1, 10), one_run("duckdb", 1, 1),
            one_run("floor", 1, 1, "failed: a | b"))  # fmt: skip
    text = shape_table(Result("tall", ABOUT, INPUT, runs))
    cells = {row.split("|")[1].strip(): row.split("|")[2:-1] for row in text.splitlines()[2:6]}
    cells = {name: [cell.strip() for cell in row] for name, row in cells.items()}
    assert cells["naive"] == ["10.0", "10.0–10.0", "2.50", "20.0", "10", "2.00", "7", "9", "0.0"]
    assert cells["duckdb"] == ["1.0", "1.0–1.0", "0.25", "2.0", "1", "–", "–", "–", "–"]
    assert cells["floor"][:2] == ["failed", "–"]
    assert text.endswith("- floor failed: a | b")


def test_goals_met_and_missed_by_how_much() -> None:
    lines = lines_of(result("tall-8m", prepare=10, naive=40, floor=8, prepare_sail=2, duckdb=2))
    assert lines["tall-8m: naive ÷ prepare, time"] == ("≥ 5×", "4.00×", "missed by 20%")
    assert lines["tall-8m: prepare ÷ floor, time"] == ("≤ 1.5×", "1.25×", "met")
    assert lines["tall-8m: prepare ÷ prepare-sail, time"] == ("≥ 3×", "5.00×", "met")
    assert "tall-8m: prepare-sail ÷ polars, peak memory" not in lines
    assert "tall-2m: naive ÷ prepare, time" not in lines


def test_a_goal_whose_contestant_failed_says_so() -> None:
    runs = (one_run("prepare", 1, 4), one_run("naive", 1, 1, "failed: no heap"))
    lines = lines_of(*(Result(shape, ABOUT, INPUT, runs) for shape in ("wide", "high-cardinality")))
    assert lines["wide: naive ÷ prepare, time"][2] == "no figure: naive on wide failed"
    assert [line[2] for text, line in lines.items() if "heap in which naive" in text] == ["met"]


@pytest.mark.parametrize(
    ("taken", "measured", "verdict"),
    [(90, "> 22.50×", "met"), (60, "> 15.00×", "no figure: stopped before")],
)
def test_a_contestant_that_was_stopped_gives_a_lower_bound(
    taken: float, measured: str, verdict: str
) -> None:
    stopped = one_run("naive", 1, taken, "stopped: more than 90 s")
    lines = lines_of(Result("wide", ABOUT, INPUT, (one_run("prepare", 1, 4), stopped)))
    assert lines["wide: naive ÷ prepare, time"] == ("≥ 20×", measured, verdict)


def test_growth_from_2_to_8_million_rows() -> None:
    lines = lines_of(result("tall-2m", prepare=10), result("tall-8m", prepare=50))
    assert lines["time of prepare, tall-8m ÷ tall-2m"] == ("≤ 4.2×", "5.00×", "missed by 19%")
    assert lines["peak memory of prepare, tall-8m ÷ tall-2m"][1:] == ("5.00×", "missed by 317%")


def test_small_files_and_startup() -> None:
    lines, missing = goal_lines(
        {"small-files-2m": result("small-files-2m", prepare=10).summaries()}, {"x --help": 0.45}
    )
    assert [line[2:] for line in lines] == [
        ("9.00 tasks", "met"), ("0.00 files", "met"), ("0.45 s", "missed by 50%"),
    ]  # fmt: skip
    assert len(missing) == len(GOALS) - 2


def test_results_survive_a_file(tmp_path: Path) -> None:
    before = result("tall-2m", prepare=10, naive=30)
    save(before, tmp_path)
    assert load(tmp_path, ["wide", "tall-2m"]) == {"tall-2m": before}


def test_report_and_plot_are_the_same_each_time(tmp_path: Path) -> None:
    for folder in (tmp_path / "one", tmp_path / "two"):
        save(result("tall-2m", prepare=10, naive=30), folder)
        (folder / "startup.json").write_text('{"launch --help": 0.1}')
        text = write_report(folder)
        assert (folder / "RESULTS.md").read_text() == text
    for name in ("bench.svg", "bench.png", "RESULTS.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert (tmp_path / "one" / "bench.png").stat().st_size > 5_000
    assert "`launch --help` answers" in text


def test_markdown_says_where_and_when() -> None:
    text = render({"tall-2m": result("tall-2m", prepare=10)}, {})
    assert "## tall-2m" in text
    assert "1 round; Spark with 1g of heap" in text
    assert "2026-11-23 12:00 UTC, commit abc; P, 2 cores" in text


def test_help_teaches(capsys: pytest.CaptureFixture) -> None:
    from benchmarks.__main__ import main

    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    for word in ("prepare-sail", "high-cardinality", "examples:", "--naive-memory"):
        assert word in said
