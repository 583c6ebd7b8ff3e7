"""Files and names that somebody made to hurt: refused with the name, the output as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from refusals import assert_refused

from jobs.errors import WRONG_INPUT, describe
from jobs.local_files import LocalFiles

Command = Callable[..., Any]
Table = Callable[..., Path]
MAIN = Path(__file__).parents[3] / "jobs" / "main.py"
COLUMNS = [{"name": name, "type": "string"} for name in ("id", "x", "s", "y")]
CONTRACT = {"contract_version": 1, "name": "t", "columns": COLUMNS}
CONTRACTS = {
    "half a character": (json.dumps({**CONTRACT, "description": "\ud800"}), "half a character"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "digits": (json.dumps(CONTRACT)[:-1] + f', "x": {"9" * 5000}}}', "not valid JSON"),
    "codec": (json.dumps({**CONTRACT, "csv": {"encoding": "undefined"}}), "csv.encoding"),
    "nul": (json.dumps({**CONTRACT, "csv": {"encoding": "a\x00"}}), "csv.encoding"),
}


@pytest.fixture
def tabular(command: Command, tmp_path: Path) -> Command:
    def run(source: object, *arguments: object) -> Any:
        done = command("prepare-tabular", source, tmp_path / "out", "--target", "y", *arguments)
        done.output = tmp_path / "out"
        return done

    return run


@pytest.mark.parametrize("name", CONTRACTS)
def test_contracts(tabular: Command, table: Table, clean_csv: str, name: str) -> None:
    text, said = CONTRACTS[name]
    done = tabular(table(clean_csv), "--contract", table(text, "c.json"))
    assert_refused(done, "c.json", said)


@pytest.mark.parametrize("wrong", ["digits", "half a character"])
def test_preprocessors(
    command: Command, tabular: Command, table: Table, clean_csv: str, tmp_path: Path, wrong: str
) -> None:
    source = table(clean_csv)
    good = tmp_path / "good"
    assert command("prepare-tabular", source, good, "--target", "y").code == 0
    learned = json.loads((good / "preprocessor.json").read_text())
    steps = {step["name"]: step for step in learned["columns"]}
    if wrong == "digits":
        steps["x"]["fill"] = 10**400
    else:
        steps["s"]["labels"][0] = "\ud800"
    path = table(json.dumps(learned), "p.json")
    assert_refused(tabular(source, "--preprocessor", path), "p.json")


@pytest.mark.parametrize("weights", ["1e99999999,0.1,0.1", "1e-99999999,0.1,0.1", "0." + "1" * 300])
def test_weights_of_millions_of_digits(
    tabular: Command, table: Table, clean_csv: str, weights: str
) -> None:
    assert_refused(tabular(table(clean_csv), "--weights", weights), "weights", "not numbers")


@pytest.mark.parametrize("where", ["file", "directory"])
def test_names_that_are_not_utf_8(
    tabular: Command, clean_csv: str, tmp_path: Path, where: str
) -> None:
    place = os.fsencode(tmp_path) + b"/in\xe9"
    os.mkdir(place)
    with open(place + b"/t.csv", "w") as file:
        file.write(clean_csv)
    source = os.fsdecode(place if where == "directory" else place + b"/t.csv")
    assert_refused(tabular(source), "in\\udce9", "not UTF-8")


@pytest.mark.parametrize("command_name", ["prepare", "prepare-tabular"])
@pytest.mark.parametrize("links", [["self"], ["one", "two"]])
def test_links_that_lead_back(
    command: Command, table: Table, clean_csv: str, tmp_path: Path, command_name: str,
    links: list[str],
) -> None:  # fmt: skip
    table(clean_csv, "in/sub/t.csv")
    for link in links:
        (tmp_path / "in/sub" / link).symlink_to("..")
    done = command(command_name, tmp_path / "in", tmp_path / "out", "--target", "y")
    done.output = tmp_path / "out"
    assert_refused(done, f"in/sub/{links[0]}", "a link to a directory that it lies in")


def test_more_columns_than_spark_can_plan_for(
    command: Command, table: Table, tmp_path: Path
) -> None:
    names = [*(f"c{i}" for i in range(10_000)), "y"]
    rows = (",".join(["1"] * len(names)) + "\n") * 3
    done = command(
        "prepare", table(",".join(names) + "\n" + rows), tmp_path / "out", "--target", "y"
    )
    assert_refused(done, "has 10,001 columns to use", "10,000", "prepare-tabular")


def test_a_link_to_a_directory_elsewhere_is_followed(
    tabular: Command, table: Table, clean_csv: str, tmp_path: Path
) -> None:
    table(clean_csv, "other/t.csv")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/there").symlink_to(tmp_path / "other")
    assert tabular(tmp_path / "in").code == 0


@pytest.mark.parametrize("hidden", ["sub", "t.csv"])
def test_what_may_not_be_looked_at_is_not_left_out(
    table: Table, clean_csv: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    """An administrator may look at everything, so the system's answer is played."""
    table(clean_csv, "in/sub/t.csv")
    stat = os.stat

    def denied(path: Any, **options: Any) -> Any:
        if str(path).endswith("sub/t.csv"[-len(hidden) :]) and "sub/t.csv" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", denied)
    files = LocalFiles()
    with pytest.raises(PermissionError):
        files.walk(str(tmp_path / "in"))
    with pytest.raises(PermissionError):
        files.exists(str(tmp_path / "in/sub/t.csv"))


def test_a_page_of_parquet_that_is_cut_short_is_the_inputs_fault() -> None:
    """Spark's reader says so by an exception of Thrift, which holds the pages' headers."""
    said = "shaded.parquet.org.apache.thrift.transport.TTransportException: Socket is closed"
    assert describe(RuntimeError(said)) == (WRONG_INPUT, "a Parquet file is damaged")


def test_permission_denied_is_the_users_to_mend(
    tabular: Command, table: Table, clean_csv: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/data/c.json")

    monkeypatch.setattr("jobs.prepare_tabular.run.open_task", denied)
    assert_refused(tabular(table(clean_csv)), "/data/c.json: permission denied")


@pytest.mark.parametrize("stdout", ["closed pipe", "/dev/full"])
def test_a_report_that_nobody_reads_fails_no_run(
    table: Table, clean_csv: str, tmp_path: Path, stdout: str
) -> None:
    line = [sys.executable, str(MAIN), "prepare-tabular", str(table(clean_csv))]
    line += [str(tmp_path / "out"), "--target", "y", "--format", "csv"]
    if stdout == "closed pipe":
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open(stdout, os.O_WRONLY)
    done = subprocess.run(line, stdout=write, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(write)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert ("the command is done" in done.stderr) == (stdout == "/dev/full")
    assert (tmp_path / "out/manifest.json").exists()


def test_a_line_break_of_old_macs_in_quotes_is_seen(
    prepare: Callable[..., Any], table: Table
) -> None:
    lines = "".join(f'{i},"a\rb",{i % 5}\n' for i in range(60))
    done = prepare(table(f"id,s,y\n{lines}"), "--key", "id")
    assert done.code == 0, done.err
    assert done.manifest["rows"]["read"] == 60
    assert done.preprocessor["columns"][1]["labels"] == ["a\rb"]
