"""Event logs as they lie about: packed, cut off, rolling, damaged, or none at all."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from launch.errors import LaunchError
from launch.report import Known, NoEventLogError, find_logs, group, make_report
from launch.report.data import report_json

BEGIN = Callable[..., Any]
SPARK_STREAMS = "org.apache.spark.sql.streaming.StreamingQueryListener$QueryStartedEvent"


def a_run(a_log: BEGIN) -> Any:
    log = a_log()
    for number in range(5):
        log.stage([{"seconds": 2}] * 8, begin=10 * number)
    return log


def read(path: Path) -> dict[str, Any]:
    return report_json(make_report(find_logs(path), Known(name="shop-load-1")))


def zstd_frames(data: bytes) -> bytes:
    """Pack it as Spark does: a frame each time it flushes."""
    pack = zstandard.ZstdCompressor().compress
    return pack(data[:500]) + pack(data[500:])


@pytest.mark.parametrize("pack", [gzip.compress, zstd_frames])
def test_a_packed_log_says_the_same_whatever_its_name(
    a_log: BEGIN, pack: Callable[[bytes], bytes]
) -> None:
    path = a_run(a_log).write()
    plain = read(path)
    assert (plain["outcome"], len(plain["stages"])) == ("Completed", 5)
    path.write_bytes(pack(path.read_bytes()))
    assert read(path) == plain


@pytest.mark.parametrize("pack", [gzip.compress, zstd_frames])
def test_a_packed_log_that_is_cut_off_tells_what_it_has(
    a_log: BEGIN, pack: Callable[[bytes], bytes]
) -> None:
    path = a_run(a_log).write()
    packed = pack(path.read_bytes())
    path.write_bytes(packed[: len(packed) - 30])
    data = read(path)
    assert data["outcome"] == "Broken off"
    assert data["application_name"] == "shop-load-1"
    assert "breaks off without the application's end" in data["notes"][0]


def test_a_log_without_its_end_is_measured_to_its_last_event(a_log: BEGIN) -> None:
    log = a_run(a_log)
    text = "".join(log.lines(whole=False))
    log.path.write_text(text[: text.rindex('"SparkListenerStageCompleted"')])
    data = read(log.path)
    assert (data["outcome"], data["seconds"]) == ("Broken off", 42)
    assert [stage["done"] for stage in data["stages"]] == [8] * 5
    assert not any("could not be read" in note for note in data["notes"])


@pytest.mark.parametrize(
    ("magic", "codec"), [(b"LZ4Block", "lz4"), (b"\x82SNAPPY\x00", "snappy"), (b"ZV", "lzf")]
)
def test_what_cannot_be_unpacked_here_is_named(tmp_path: Path, magic: bytes, codec: str) -> None:
    path = tmp_path / "app-1-1.lz4"
    path.write_bytes(magic + b"\x00" * 100)
    with pytest.raises(NoEventLogError, match=f"packed with {codec}.*spark.eventLog.compress"):
        read(path)


def test_without_the_package_for_zstd_it_is_named(
    a_log: BEGIN, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = a_run(a_log).write()
    path.write_bytes(zstd_frames(path.read_bytes()))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(NoEventLogError, match="the Python package zstandard is not here"):
        read(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: the driver ended before"),
        ("a,b\n1,2\n", "is no event log of Spark: it begins with 'a,b'"),
        ('{"rows": 1}\n', "is no event log of Spark"),
        ("\n\n", "nothing in it can be read"),
    ],
)
def test_what_is_no_event_log(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "app-1-1"
    path.write_text(content)
    with pytest.raises(NoEventLogError, match=message):
        read(path)


def test_a_missing_file_and_a_folder_without_logs(tmp_path: Path) -> None:
    assert issubclass(NoEventLogError, LaunchError)
    with pytest.raises(NoEventLogError, match="there is no .*nothing; name an event log"):
        find_logs(tmp_path / "nothing")
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(NoEventLogError, match="holds no event log: files named application_"):
        find_logs(tmp_path)


def test_damaged_lines_are_passed_over_and_counted(a_log: BEGIN) -> None:
    log = a_run(a_log)
    plain = read(log.write())
    lines = log.lines()
    task = next(line for line in lines if "TaskEnd" in line)
    damaged = [
        "half a li\n",
        task.replace('"Launch Time":1795', '"Launch Time":"soon","x":1795'),
        task.replace('"Index":0', '"Index":1e999'),
        '{"Event":"SparkListenerJobEnd","Job ID":0}\n',
        '{"Event":"SparkListenerTaskEnd","Stage ID":' + 20_000 * "[" + "\n",
    ]
    log.path.write_text("".join([*lines[:10], *damaged, *lines[10:]]))
    data = read(log.path)
    assert data["notes"][0] == "Passed over, as they could not be read: 5 lines."
    assert {**data, "notes": plain["notes"]} == plain


def test_events_of_other_kinds_are_not_damage(a_log: BEGIN) -> None:
    """Streams have listeners of their own, and so have other libraries."""
    log = a_run(a_log)
    log.events.insert(5, {"Event": SPARK_STREAMS, "id": "1"})
    log.add("SomethingNew", package="org.apache.spark.future.", what=1)
    assert not any("could not be read" in note for note in read(log.write())["notes"])


@pytest.mark.parametrize("codec", ["", ".zstd"])
def test_rolling_parts_are_one_log_in_order(a_log: BEGIN, tmp_path: Path, codec: str) -> None:
    """The tenth part comes after the second, and a compacted part has all before it."""
    log = a_run(a_log)
    plain = read(log.write())
    lines = [line.encode() for line in log.lines()]
    folder = tmp_path / f"eventlog_v2_{log.path.name}"
    folder.mkdir()
    pack = zstd_frames if codec else bytes
    cuts = [(2, 0, 20, ".compact"), (1, 0, 12, ""), (2, 12, 20, ""), (3, 20, 40, "")]
    for number, begin, end, rest in [*cuts, (10, 40, len(lines), "")]:
        part = folder / f"events_{number}_{log.path.name}{codec}{rest}"
        part.write_bytes(pack(b"".join(lines[begin:end])))
    (folder / f"appstatus_{log.path.name}").write_bytes(b"")
    log.path.unlink()
    assert len(find_logs(folder)[0].parts) == 3
    assert read(folder) == plain
    assert read(tmp_path) == plain


def test_of_several_logs_the_one_that_started_last_is_shown(a_log: BEGIN, tmp_path: Path) -> None:
    first = a_run(a_log).write()
    later = json.loads(json.dumps(first.read_text()).replace("17950000", "17960000"))
    (tmp_path / "app-20261124000000-0002").write_text(later.replace('"shop-load-1"', '"later"'))
    (tmp_path / ".app.crc").write_text("x")
    data = read(tmp_path)
    assert data["application_name"] == "later"
    assert "The run wrote 2 event logs" in data["notes"][-1]
    assert f"The others: {first.name} " in data["notes"][-1]


@pytest.mark.parametrize(
    ("names", "logs"),
    [
        (["appstatus_app-1-1.inprogress", ".app-1-1.crc", "app-1-1"], ["app-1-1"]),
        # What S3 was sent while it ran stays there.
        (["app-1-1", "app-1-1.inprogress"], ["app-1-1"]),
        (["app-1-1.inprogress", "app-1-2"], ["app-1-1.inprogress", "app-1-2"]),
    ],
)
def test_marks_checksums_and_drafts_are_no_logs(
    tmp_path: Path, names: list[str], logs: list[str]
) -> None:
    assert [log.name for log in group([tmp_path / name for name in names])] == logs
