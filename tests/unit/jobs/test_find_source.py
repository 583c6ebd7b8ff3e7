"""Which files an input stands for, of which format, partitioned how; and what is no input."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import refused
from run_command import Run

from jobs.config import PrepareConfig
from jobs.local_files import LocalFiles
from jobs.source import File, Source, check_magic, find_source, partition_value
from jobs.task import check_unchanged, find_input

Table = Callable[..., Path]
CSV = "x,y\n1,2\n"
PACKED = gzip.compress(CSV.encode())
LOG = {"in/_delta_log/00000000000000000009.json": "{}", "in/part-0.parquet": "PAR1"}


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ([], "nowhere.csv", "there is no file or directory .*/nowhere.csv; check the path"),
        (["a.csv"], "*.parquet", r"there is no file or directory .*/\*.parquet"),
        (["in/sub/"], "in", ".*/in is an empty directory: it holds no data file"),
        (["in/_SUCCESS.csv", "in/_tmp/a.csv", "in/.a.csv"], "in", "it holds no data file"),
        ({"in/a.csv": ""}, "in", r"/in is empty: 0 bytes in 1 file\(s\), so it has no columns"),
        (["_t.csv"], "_t.csv", "/_t.csv: Spark ignores names that start with _ or . ; rename it"),
        (["10:00.csv"], "10:00.csv", "/10:00.csv: Hadoop takes no colon in a file name"),
        ({"in/a.csv": CSV, "in/b.json": "{}"}, "in", r"mixes formats: csv \(a.csv\), json \(b.js"),
        ({"t.xlsx": b"PK\x03\x04"}, "t.xlsx", "/t.xlsx is a zip archive; unpack it"),
        ({"t": PACKED}, "t", "/t is gzip-compressed; its name must end in .gz"),
        ({"t": b"\x28\xb5\x2f\xfd"}, "t", "/t is zstd-compressed; its name must end in .zst"),
        (["in/day=1/a.csv", "in/b.csv"], "in", "partition directories differ: .*/b.csv and .*day"),
        (["in/a/k=1/t.csv", "in/b/k=2/t.csv"], "in/*/k=*", "partitions below several direct.*: "),
    ],
)
def test_what_is_no_input_is_refused_by_name(
    table: Table, tmp_path: Path, files: Any, path: str, message: str
) -> None:
    for name in files:
        if name.endswith("/"):
            (tmp_path / name).mkdir(parents=True)
        else:
            table(files[name] if isinstance(files, dict) else CSV, name)
    refused(find_source, message, LocalFiles(), f"{tmp_path}/{path}")


@pytest.mark.parametrize(
    ("files", "path", "found", "partitions"),
    [
        (["in/a.csv", "in/b/c/d.txt", "in/_tmp/x.csv", "in/.x.csv"], "in", ["a.csv", "d.txt"], ""),
        ({"in/a.csv": CSV, "in/empty.csv": ""}, "in", ["a.csv"], ""),
        (["in/a-1.csv", "in/a-2.csv", "in/b.csv"], "in/a-*.csv", ["a-1.csv", "a-2.csv"], ""),
        (["a[1].csv", "a1.csv"], "a[1].csv", ["a[1].csv"], ""),
        (["a*{b,c}? é %20#+.csv"], "a*{b,c}? é %20#+.csv", ["a*{b,c}? é %20#+.csv"], ""),
        (["in[1] a/b{2}/t.tsv"], "in[1] a", ["t.tsv"], ""),
        (["in/k=1/d=2/a.csv", "in/k=3/d=4/b.csv"], "in", ["a.csv", "b.csv"], "k d"),
        (["in/k=1/a.csv", "in/k=2/b.csv"], "in/k=*", ["a.csv", "b.csv"], "k"),
        (["in/k=1/a.csv"], "in/k=1", ["a.csv"], ""),
        ({"t.jsonl.gz": PACKED}, "t.jsonl.gz", ["t.jsonl.gz"], "json"),
        ({"t": '{"x": 1}'}, "t", ["t"], "json"),
        ({"t": "PAR1"}, "t", ["t"], "parquet"),
        ({"t.snappy.parquet": "PAR1"}, "t.snappy.parquet", ["t.snappy.parquet"], "parquet"),
        (LOG, "in", ["part-0.parquet"], "delta"),
    ],
)
def test_files_are_found_by_path_directory_or_glob(
    table: Table, tmp_path: Path, files: Any, path: str, found: list[str], partitions: str
) -> None:
    for name in files:
        table(files[name] if isinstance(files, dict) else CSV, name)
    source = find_source(LocalFiles(), f"{tmp_path}/{path}")
    formats = ("json", "parquet", "delta")
    assert [file.name for file in source.files] == found
    assert source.format == (partitions if partitions in formats else "csv")
    assert source.partitions == (() if partitions in formats else tuple(partitions.split()))
    assert source.bytes == sum(file.size for file in source.files)


def test_a_delta_table_is_known_by_its_log(table: Table, tmp_path: Path) -> None:
    for name, content in LOG.items():
        table(content, name)
    assert find_source(LocalFiles(), f"{tmp_path}/in").delta_version == 9
    refused(find_source, "is a Delta table, --input-format says csv", LocalFiles(),
            f"{tmp_path}/in", format_name="csv")  # fmt: skip
    path = str(table(CSV))
    refused(find_source, "is not a Delta table", LocalFiles(), path, format_name="delta")


def test_what_a_file_system_says_is_passed_on_in_one_line() -> None:
    class Unknown(LocalFiles):
        def exists(self, path: str) -> bool:
            raise RuntimeError('No FileSystem for scheme "foo"\n\tat org.apache.Hadoop')

    message = 'cannot read foo://bucket/t.csv: No FileSystem for scheme "foo"$'
    refused(find_source, message, Unknown(), "foo://bucket/t.csv")


@pytest.mark.parametrize("place", ["file", "directory"])
def test_a_name_that_is_not_utf_8_is_refused(refuses: Run, tmp_path: Path, place: str) -> None:
    folder = os.fsencode(tmp_path) + b"/in\xe9"
    os.mkdir(folder)
    with open(folder + b"/t.csv", "w") as file:
        file.write(CSV)
    source = os.fsdecode(folder if place == "directory" else folder + b"/t.csv")
    refuses(source, says=("in\\udce9", "the name is not UTF-8; rename it"))


@pytest.mark.parametrize("links", [["self"], ["one", "two"]])
def test_a_link_that_leads_back_is_refused(table: Table, tmp_path: Path, links: list[str]) -> None:
    table(CSV, "in/sub/t.csv")
    for link in links:
        (tmp_path / "in/sub" / link).symlink_to("..")
    message = f"in/sub/{links[0]} is a link to a directory that it lies in"
    refused(find_source, message, LocalFiles(), f"{tmp_path}/in")


def test_a_link_to_a_directory_elsewhere_is_followed(table: Table, tmp_path: Path) -> None:
    table(CSV, "other/t.csv")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/there").symlink_to(tmp_path / "other")
    assert len(find_source(LocalFiles(), f"{tmp_path}/in").files) == 1


@pytest.mark.parametrize(
    ("output", "source", "message"),
    [
        ("in/out", "in", "the output .* lies inside the input"),
        ("in", "in", "the output .* lies inside the input"),
        ("in/../in/deeper/out", "in", "the output .* lies inside the input"),
        ("link/out", "in", "the output .* lies inside the input"),
        ("in[1]/out", "in[1]", "the output .* lies inside the input"),
        (".", "in", "the input .* lies inside the output"),
        (".", "in/a.csv", "the input .* lies inside the output"),
        (".", "in/*.csv", "the input .* lies inside the output"),
    ],
)
def test_input_and_output_lie_apart(
    table: Table, tmp_path: Path, output: str, source: str, message: str
) -> None:
    table(CSV, "in/a.csv")
    table(CSV, "in[1]/a.csv")
    (tmp_path / "link").symlink_to("in")
    config = PrepareConfig(f"{tmp_path}/{source}", f"{tmp_path}/{output}")
    refused(find_input, message, LocalFiles(), config)
    find_input(LocalFiles(), PrepareConfig(f"{tmp_path}/in", f"{tmp_path}/input"))


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (b"\x1f\x8b\x08\x00", "is gzip-compressed; its name must end in .gz"),
        (b"PAR1", "is a Parquet file"),
        (b"\xff\xfex\x00", "is UTF-16, not UTF-8"),
    ],
)
def test_a_csv_that_is_something_else_is_refused(
    table: Table, tmp_path: Path, head: bytes, message: str
) -> None:
    (file,) = find_source(LocalFiles(), str(table(head + b"\x00" * 40, "t.csv"))).files
    refused(check_magic, message, LocalFiles(), file)


@pytest.mark.parametrize(
    ("path", "value"),
    [("/in/k=a%2Fb/t.csv", "a/b"), ("/in/k=/t.csv", ""), ("/in/k=1/j=2/t.csv", "1"),
     ("/in/k=__HIVE_DEFAULT_PARTITION__/t.csv", None)],
)  # fmt: skip
def test_the_value_of_a_partition_directory(path: str, value: str | None) -> None:
    assert partition_value(path, "k") == value


@pytest.mark.parametrize("changed", ["b.csv", "c.csv", "gone"])
def test_files_that_change_between_two_looks_are_named(
    table: Table, tmp_path: Path, changed: str
) -> None:
    first, second = table(CSV, "in/a.csv"), table(CSV, "in/b.csv")
    config = PrepareConfig(str(first.parent), str(tmp_path / "out"))
    source = find_source(LocalFiles(), config.input)
    check_unchanged(LocalFiles(), config, source)
    if changed == "gone":
        second.unlink()
    else:
        table("x,y\n1,3\n", f"in/{changed}")
        os.utime(tmp_path / "in" / changed, ns=(1, 1))
    name = "b.csv" if changed == "gone" else changed
    message = f"the input changed while it was read: . files, such as file:.*/{name}"
    refused(check_unchanged, message, LocalFiles(), config, source)


def test_the_fingerprint_is_of_names_sizes_and_times_wherever_they_lie() -> None:
    def fingerprint(name: str = "a", size: int = 1, time: int = 1, base: str = "/in") -> str:
        file = File(f"{base}/{name}", size, time)
        return Source("in", "csv", (file,), (), base=base).fingerprint

    assert fingerprint() == fingerprint(base="/elsewhere")
    others = [fingerprint("b"), fingerprint(size=2), fingerprint(time=2)]
    assert len({fingerprint(), *others}) == 4


def test_a_commit_that_changes_no_file_changes_the_fingerprint_of_a_delta_table(
    table: Table, tmp_path: Path
) -> None:
    def fingerprint() -> str:
        return find_source(LocalFiles(), f"{tmp_path}/in").fingerprint

    table("PAR1", "in/part-0.parquet")
    (tmp_path / "in/_delta_log").mkdir()
    found = [fingerprint()]
    for number in (9, 10):
        table("{}", f"in/_delta_log/{number:020}.json")
        table("{}", f"in/_delta_log/{number:020}.crc")
        found += [fingerprint(), fingerprint()]
    assert found[1] == found[2] != found[3] == found[4]
    assert len(set(found)) == 3
