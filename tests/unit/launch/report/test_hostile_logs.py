"""Event logs that were written to do harm: numbers, texts, names, and the page's own place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launch.main import main
from launch.report import Known, NoEventLogError, find_logs, make_report
from launch.report.data import report_json
from launch.report.page import report_html
from launch.report.tasks import whole

BEGIN = Callable[..., Any]
Output = pytest.CaptureFixture[str]
HUGE = 10**400
HALF = "\ud800x"


def a_run(a_log: BEGIN) -> Any:
    log = a_log(settings={"spark.executor.memory": "1g"})
    log.stage([{"seconds": 20, "on_disk": 10**8, "spilled": 10**8}] * 8)
    return log


def change(log: Any, kind: str, value: Any, *keys: str) -> None:
    """Change a value in the first event of a kind."""
    data = next(event for event in log.events if event["Event"] == f"SparkListener{kind}")
    for key in keys[:-1]:
        data = data[key]
    data[keys[-1]] = value


def data_and_page(path: Path) -> tuple[dict[str, Any], str]:
    """Report on a log as data and as a page."""
    report = make_report(find_logs(path), Known(name="shop-load-1"))
    return json.loads(json.dumps(report_json(report))), report_html(report)


@pytest.mark.parametrize(
    "number", [HUGE, -HUGE, 2**63, 1e300], ids=["huge", "-huge", "2**63", "1e300"]
)
@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("ApplicationStart", ("Timestamp",)),
        ("ExecutorAdded", ("Timestamp",)),
        ("ExecutorAdded", ("Executor Info", "Total Cores")),
        ("JobStart", ("Submission Time",)),
        ("StageSubmitted", ("Stage Info", "Number of Tasks")),
        ("TaskEnd", ("Task Info", "Launch Time")),
        ("TaskEnd", ("Task Info", "Finish Time")),
        ("TaskEnd", ("Task Info", "Index")),
        ("TaskEnd", ("Task Metrics", "Input Metrics", "Bytes Read")),
        ("TaskEnd", ("Task Metrics", "JVM GC Time")),
        ("StageCompleted", ("Stage Info", "Completion Time")),
    ],
)
def test_a_number_without_bounds_is_damage(
    a_log: BEGIN, kind: str, keys: tuple[str, ...], number: float
) -> None:
    log = a_run(a_log)
    change(log, kind, number, *keys)
    data, page = data_and_page(log.write())
    assert "Passed over, as they could not be read: 1 line." in data["notes"]
    assert "1 line." in page
    assert data["executors"]["cores"] <= 4


def test_peaks_of_memory_without_bounds_are_damage(a_log: BEGIN) -> None:
    log = a_run(a_log)
    log.memory("0", JVMHeapMemory=HUGE, ProcessTreeJVMRSSMemory=HUGE)
    data, _ = data_and_page(log.write())
    assert (data["notes"][0].endswith("1 line."), data["memory_recorded"]) == (True, False)


def test_an_end_without_bounds_is_no_end(a_log: BEGIN) -> None:
    log = a_run(a_log)
    log.add("ApplicationEnd", Timestamp=HUGE)
    log.path.write_text("".join(log.lines(whole=False)))
    data, _ = data_and_page(log.path)
    assert (data["outcome"], data["seconds"]) == ("Broken off", 20)


@pytest.mark.parametrize(
    "text",
    ["9" * 400, "9" * 5000, "9" * 400 + "g", "²"],
    ids=["400", "5000", "400g", "square"],
)
@pytest.mark.parametrize(
    "key", ["spark.executor.memory", "spark.task.cpus", "spark.sql.shuffle.partitions"]
)
def test_a_setting_without_bounds_is_none(a_log: BEGIN, key: str, text: str) -> None:
    log = a_log(executors=(8, 8), settings={key: text})
    log.stage([{"seconds": 50, "on_disk": 10**8, "spilled": 10**8, "read": 10**6}])
    data, page = data_and_page(log.write())
    assert data["executors"]["heap_mib"] == 1024
    assert [finding["kind"] for finding in data["findings"]][0] == "spill"
    assert len(page) < 50_000


@pytest.mark.parametrize("value", [10**18, -(10**18), "17", 3.5, True])
def test_numbers_that_java_has_are_read(value: Any) -> None:
    assert whole(value) == int(value)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("ApplicationStart", ("App Name",)),
        ("ExecutorAdded", ("Executor ID",)),
        ("ExecutorAdded", ("Executor Info", "Host")),
        ("StageSubmitted", ("Stage Info", "Stage Name")),
        ("StageCompleted", ("Stage Info", "Failure Reason")),
        ("JobStart", ("Properties", "spark.job.description")),
    ],
)
def test_half_of_a_character_is_a_question_mark(
    a_log: BEGIN, kind: str, keys: tuple[str, ...]
) -> None:
    log = a_run(a_log)
    change(log, kind, HALF, *keys)
    data, page = data_and_page(log.write())
    assert (data["application"], data["outcome"]) == (log.path.name, "Completed")
    assert "\\ud800" not in json.dumps(data)
    page.encode()


def test_characters_of_two_halves_stay_whole(a_log: BEGIN) -> None:
    log = a_log(name="moon \U0001f319")
    data, page = data_and_page(log.write())
    assert data["application_name"] == "moon \U0001f319"
    assert "moon \U0001f319" in page


@pytest.mark.parametrize("reason", [["x"], {"a": 1}, 5, None])
def test_one_text_that_is_none_does_not_spoil_the_log(a_log: BEGIN, reason: Any) -> None:
    log = a_run(a_log)
    log.removed("1", 5, reason)
    log.stage([{"reason": "ExceptionFailure", "text": reason}, {}], begin=50)
    data, _ = data_and_page(log.write())
    kinds = [finding["kind"] for finding in data["findings"]]
    assert "failed-tasks" in kinds
    assert ("lost-executors" in kinds, len(data["stages"])) == (True, 2)


def test_what_no_finding_can_be_made_of_is_counted(a_log: BEGIN) -> None:
    log = a_run(a_log)
    log.add("JobEnd", **{"Job ID": 99, "Job Result": ["x"]})
    assert (
        data_and_page(log.write())[0]["notes"][0]
        == "Passed over, as they could not be read: 1 line."
    )


def by_its_path(path: Path, folder: Path) -> Path:
    return path


def by_link(path: Path, folder: Path) -> Path:
    (folder / "page.html").symlink_to(path)
    return folder / "page.html"


def by_hard_link(path: Path, folder: Path) -> Path:
    os.link(path, folder / "page.html")
    return folder / "page.html"


@pytest.mark.parametrize("way", [by_its_path, by_link, by_hard_link])
def test_the_page_never_replaces_the_log(
    a_log: BEGIN, project: Path, capsys: Output, way: Callable[[Path, Path], Path]
) -> None:
    path = a_run(a_log).write()
    before, out = path.read_bytes(), way(path, project)
    assert main(["report", "--event-log", str(path), "--out", str(out)]) == 2
    assert "would replace the event log; --out names another" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_the_page_of_no_name_never_replaces_the_log(a_log: BEGIN, project: Path) -> None:
    path = a_run(a_log).write()
    (project / f"{path.name}-report.html").symlink_to(path)
    before = path.read_bytes()
    assert main(["report", "--event-log", str(path)]) == 2
    assert path.read_bytes() == before


def test_what_was_there_stays_until_the_page_is_whole(
    a_log: BEGIN, project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    words = ["report", "--event-log", str(a_run(a_log).write()), "--out", "page.html"]
    (project / "page.html").write_text("before")
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", refuse)
        assert main(words) == 2
    assert "page.html cannot be written: No space left" in capsys.readouterr().err
    assert sorted(item.name for item in project.iterdir()) == ["launch.yaml", "page.html"]
    assert (project / "page.html").read_text() == "before"
    assert main(words) == 0
    assert sorted(item.name for item in project.iterdir()) == ["launch.yaml", "page.html"]
    assert (project / "page.html").read_text().startswith("<!doctype html>")


def test_a_page_goes_through_a_link_and_keeps_its_mode(a_log: BEGIN, project: Path) -> None:
    (project / "page.html").write_text("before")
    (project / "page.html").chmod(0o640)
    (project / "link.html").symlink_to("page.html")
    words = ["report", "--event-log", str(a_run(a_log).write()), "--out"]
    assert main([*words, "link.html"]) == main([*words, "/dev/null"]) == 0
    assert (project / "link.html").is_symlink()
    assert (project / "page.html").stat().st_mode & 0o777 == 0o640
    assert (project / "page.html").read_text().startswith("<!doctype html>")
    assert not Path("/dev/null").is_file()


def test_a_log_whose_name_is_no_text(a_log: BEGIN, project: Path, capsys: Output) -> None:
    path = Path(os.fsdecode(b"app-\xff"))
    try:
        path.write_bytes(a_run(a_log).write().read_bytes())
    except OSError:
        pytest.skip("this file system takes names in UTF-8 alone")
    assert main(["report", "--event-log", str(path)]) == 0
    assert capsys.readouterr().out == "app-\ufffd-report.html\n"
    assert "app-\ufffd" in (project / "app-\ufffd-report.html").read_text()


def test_a_path_that_is_too_long(project: Path, capsys: Output) -> None:
    assert main(["report", "--event-log", "x" * 300]) == 2
    assert capsys.readouterr().err == f"error: {'x' * 300} cannot be read: File name too long\n"


def test_a_folder_that_may_not_be_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may enter any, so it is played."""

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(NoEventLogError, match=r"closed/app-1 cannot be read: Permission denied"):
        find_logs(tmp_path / "closed" / "app-1")
