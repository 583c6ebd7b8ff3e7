"""prepare-tabular by itself: where pyspark and pyarrow are missing, and what it refuses."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from twins import csv_of

import jobs.main
import jobs.prepare_tabular.memory
import jobs.publish.layout
import jobs.read
import schemas.conform
from jobs.learned import Prepared
from jobs.prepare_tabular import conform, report
from jobs.prepare_tabular.table import check_columns
from schemas.contract import Column, Contract, ContractError

ROOT = Path(__file__).resolve().parents[3]
Table = Callable[..., Path]
Tabular = Callable[..., "Done"]
# Importing one of these raises, as where it is not installed.
BLOCKER = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyspark", "py4j", "pyarrow", "pysail", "grpc"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


class Done:
    """A command's exit code, what it said, and where it should have written."""

    def __init__(self, code: int, out: str, err: str, output: Path) -> None:
        self.code, self.out, self.err, self.output = code, out, err, output


@pytest.fixture
def tabular(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tabular:
    def run(source: object, *options: object, target: str | None = "y") -> Done:
        chosen = ["--target", target] if target else []
        arguments = ["prepare-tabular", source, tmp_path / "out", *chosen, *options]
        try:
            code = jobs.main.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Done(code, said.out, said.err, tmp_path / "out")

    return run


def assert_refused(done: Done, *words: str) -> None:
    assert done.code == 2, done.out + done.err
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err
    assert done.out == ""
    assert not done.output.exists()


@pytest.mark.slow
def test_it_runs_where_there_is_neither_pyspark_nor_pyarrow(table: Table, tmp_path: Path) -> None:
    table(BLOCKER, "lib/sitecustomize.py")
    source = table(csv_of("x: 0.1 2.5  1e3", "s: a b  c", "d: 2013-01-01 "))
    command = [sys.executable, ROOT / "jobs" / "main.py", "prepare-tabular", source]

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        texts = [str(part) for part in (*command, *arguments)]
        env = {**os.environ, "PYTHONPATH": str(tmp_path / "lib")}
        return subprocess.run(texts, capture_output=True, text=True, env=env, timeout=60)

    done = run(tmp_path / "out", "--target", "y")
    assert done.returncode == 0, done.stderr
    assert "train" in done.stdout
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert sum(manifest["rows"]["published"].values()) == 300
    assert {Path(f["path"]).suffix for f in manifest["files"]} == {".csv", ".json"}
    refused = run(tmp_path / "parquet", "--target", "y", "--format", "parquet")
    assert refused.returncode == 2
    assert "parquet needs pyarrow, which is not installed: pip install pyarrow" in refused.stderr
    assert not (tmp_path / "parquet").exists()
    command[-1] = table(b"PAR1", "in.parquet")
    refused = run(tmp_path / "parquet", "--target", "y")
    assert refused.returncode == 2
    assert "parquet needs pyarrow, which is not installed: pip install pyarrow" in refused.stderr


def test_the_same_bytes_every_time(tabular: Tabular, table: Table, tmp_path: Path) -> None:
    source = table(csv_of("x: 0.1 2.5  1e3", "s: a b  c"))
    contents = []
    for _ in range(2):
        assert tabular(source).code == 0
        files = sorted(p for p in (tmp_path / "out").rglob("*") if p.suffix in (".csv", ".json"))
        contents.append([p.read_bytes() for p in files if p.name != "manifest.json"])
    assert contents[0] == contents[1]
    assert len(contents[0]) == 5


def test_defaults_are_the_guides(tabular: Tabular, table: Table) -> None:
    rows = "".join(f"{i % 40 * 10},{i % 40 % 7}\n" for i in range(80))
    done = tabular(table("x,y\n" + rows))
    assert done.code == 0, done.err
    manifest = json.loads((done.output / "manifest.json").read_text())
    assert manifest["rows"]["dropped"] == {"a duplicate": 40}
    preprocessor = json.loads((done.output / "preprocessor.json").read_text())
    assert preprocessor["options"]["fill"] == "median"
    assert preprocessor["columns"][0]["spread"] > 1
    assert manifest["split"]["weights"] == ["7/10", "3/20", "3/20"]


def test_explain_says_the_memory_and_writes_nothing(tabular: Tabular, table: Table) -> None:
    done = tabular(table(csv_of("x: 0.1 2.5  1e3")), "--explain")
    assert done.code == 0
    assert "MB at the peak" in done.out
    assert "median fill, scale" in done.out
    assert not done.output.exists()


def test_packed_text_takes_more_memory(tabular: Tabular, table: Table) -> None:
    packed = gzip.compress(csv_of("x: 0.1 2.5  1e3", rows=200_000).encode())
    done = tabular(table(packed, "a.csv.gz"), "--explain")
    assert f"about {161 + len(packed) * 17 * 8 / 10**6:,.0f} MB at the peak" in done.out


def test_what_does_not_fit_the_memory_is_refused(
    tabular: Tabular, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.prepare_tabular.memory, "free_memory", lambda: 10**8)
    done = tabular(table(csv_of("x: 0.1 2.5  1e3")))
    assert_refused(done, "does not fit this machine", "100 MB are free", "jobs/main.py prepare")


# Each makes zlib give up for another reason.
SPOILED = [
    b"D \x82<\xfd\xe6\xf1\xc2k0\xf9\x0e",
    b"_\x97=\xaa\xd8a\x9b\x91\xff\xc9\x11\xf5",
    b"\x89\x02\xc4Bi\xda\x1c\xf6\xbaf\xd3\xf8",
    b"\x82V\x8b\x96\xe8\xa4\xfe\xf2:\x0c\x9f\xc5",
    b"uHDj\nS\xf8\xb9^\x19\xb8*",
    b"\xeb\x17\xda\x81\xf9L\xa4Ki\xc3>8",
    b"]\x1e7\xed$]\xac\xeeP\xf9\xbf\x83",
    b"\xca\x96\x98\xbe'z\x1e\x02\x87&\x8c\xbb",
    b"\xcc\xa3<w\xc88\x81\xe7\x07\xaf\x1e\xed",
]


@pytest.mark.parametrize("number", range(len(SPOILED)))
def test_gzip_that_is_spoiled(tabular: Tabular, table: Table, number: int) -> None:
    header = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    done = tabular(table(header + SPOILED[number] * 9, "a.csv.gz"))
    assert_refused(done, "a compressed file ", "a.csv.gz")


def test_what_is_no_bzip2(tabular: Tabular, table: Table) -> None:
    done = tabular(table("x,y\n1,2\n", "a.csv.bz2"))
    assert_refused(done, "a file is not compressed as its name says", "a.csv.bz2")


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ('{"x": 1, "y": 2}\n', "a.json", "json input; use spark-submit jobs/main.py prepare"),
        ('x,y\n1,2\n1,"a"b\n', "a.csv", "text behind a closing quote"),
        ("x,y\n1,2\n1,2\n", "a.csv", "got no rows"),
        ("x,y\n", "a.csv", "has a header and no rows"),
        ('x,y\n1,"a\nb"\n1\n', "a.csv", "rows unlike its header"),
        (
            gzip.compress(b"x,y\n1,2\n", mtime=0)[:-9],
            "a.csv.gz",
            "ends too early; it was cut off: file:",
        ),
    ],
)
def test_a_table_it_cannot_read_as_spark_does_is_refused(
    tabular: Tabular, table: Table, content: Any, name: str, words: str
) -> None:
    assert_refused(tabular(table(content, name)), words)


def test_other_places_and_headers_are_refused(
    tabular: Tabular, table: Table, tmp_path: Path
) -> None:
    assert_refused(tabular("s3://bucket/raw"), "not a local file", "spark-submit")
    table("x,y\n1,2\n", "in/a.csv")
    table("y,x\n1,2\n", "in/b.csv")
    words = ("the header of one file differs", "b.csv", "it has y, x; expected x, y")
    assert_refused(tabular(tmp_path / "in"), *words)


def test_a_rule_to_fail_ends_the_run(tabular: Tabular, table: Table) -> None:
    columns = [{"name": "x", "type": "int"}, {"name": "y", "type": "int"}]
    given = table(json.dumps({"columns": columns, "on_breach": "fail"}), "contract.json")
    source = table("x,y\n" + "1,2\n" * 50 + "a,2\n")
    done = tabular(source, "--contract", given, "--keep-duplicates")
    assert_refused(
        done, "breaks its contract (1 rows)", "x: not a int: 1 rows", '{"x":"a","y":"2"}'
    )


def test_a_run_that_fails_while_writing_leaves_the_earlier_result(
    tabular: Tabular, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = table(csv_of("x: 0.1 2.5  1e3"))
    assert tabular(source).code == 0
    before = {p: p.read_bytes() for p in table("", "other").parent.rglob("out/**/*") if p.is_file()}
    monkeypatch.setattr("jobs.prepare_tabular.run.write_csv", lambda *_, **__: 1 / 0)
    done = tabular(source)
    assert done.code == 1
    after = {p: p.read_bytes() for p in done.output.rglob("*") if p.is_file()}
    assert after == before
    assert len(after) == 6


# What stands twice, because the other place needs pyspark, has to stay the same.


def test_columns_that_differ_are_told_as_the_spark_job_tells_them() -> None:
    contract = Contract((Column("a", "int"), Column("b", "string"), Column("c", "bigint")))
    seen: dict[str, str | None] = {"a": "double", "x": None, "c": "int"}
    messages = []
    for check in (check_columns, jobs.read.check_columns):
        with pytest.raises(ContractError) as error:
            check(contract, dict(seen), source="t.csv")
        messages.append(str(error.value))
    assert messages[0] == messages[1]


def test_words_are_those_of_the_spark_job(tabular: Tabular, table: Table) -> None:
    import jobs.prepare
    import jobs.report

    assert conform.RAGGED == schemas.conform.RAGGED
    assert jobs.publish.layout.RULE == schemas.conform.RULE
    assert tabular(table(csv_of("x: 0.1 2.5  1e3", "s: a z"))).code == 0
    manifest = json.loads((table("", "other").parent / "out" / "manifest.json").read_text())
    done = Prepared("file:/out", manifest, ("a note",))
    assert report.report(done) == jobs.report.report(jobs.prepare.Prepared(**vars(done)))
