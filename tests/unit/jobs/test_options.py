"""What the command line takes and refuses, before it looks at any file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from run_command import Run

import jobs.cli
import jobs.main
from jobs.config import PrepareConfig
from schemas.errors import InputError, InputProblemsError
from transforms.plan import UNLIMITED_LABELS, FitOptions

Table = Callable[..., Path]
ROOT = Path(__file__).resolve().parents[3]
ENGINE = "choose spark, sail, auto or sc://HOST:PORT"
TIME_LIMIT = "is no number of seconds above 0"
NOT_NUMBERS = "are not numbers; write them as 0.7,0.15,0.15"


def config_of(*arguments: str) -> PrepareConfig:
    return jobs.main._config(jobs.cli.build_parser().parse_args(arguments))


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--weights=-0.1,0.6,0.5", "weights '-0.1,0.6,0.5': each must be above 0"),
        ("--weights=0.7,0.2,0.2", "weights '0.7,0.2,0.2' sum to 1.1; they must sum to 1"),
        ("--weights=0.7,0.15,0.14999999", "sum to 0.99999999; they must sum to 1"),
        ("--weights=0.5,0.5", "weights '0.5,0.5': there must be 3"),
        ("--weights=a,b,c", NOT_NUMBERS),
        ("--weights=1e99999999,0.1,0.1", NOT_NUMBERS),
        ("--weights=1e-99999999,0.1,0.1", NOT_NUMBERS),
        ("--weights=0." + "1" * 300, NOT_NUMBERS),
        ("--seed=9223372036854775808", "seed 9223372036854775808 does not fit 64 bits"),
        ("--seed=abc", "argument --seed: invalid int value: 'abc'"),
        ("--min-frequency=0", "min_frequency must be 1 or more, not 0"),
        ("--max-labels=-1", "max_labels must be 1 or more, not -1"),
        ("--max-labels=all", "argument --max-labels: 'all' is neither a number nor unlimited"),
        ("--median-error=nan", "median_error must be in [0, 1), not nan"),
        ("--format=orc", "argument --format: invalid choice: 'orc'"),
        ("--input-format=xml", "argument --input-format: invalid choice: 'xml'"),
        ("--fill=mode", "argument --fill: invalid choice: 'mode'"),
        ("--unseen=ignore", "argument --unseen: invalid choice: 'ignore'"),
        ("--split-method=time", "argument --split-method: invalid choice: 'time'"),
        ("--compression=lzo", "argument --compression: invalid choice: 'lzo'"),
        ("--format=csv --compression=zstd", "zstd is one of Parquet's, the format is csv"),
        ("--escape-formulas", "formulas are escaped in csv, for spreadsheets; the format is parq"),
        ("--target-file-size=1.5g", "'1.5g' is no size; write it as 128MB, 64m or 1g"),
        *((f"--engine={name}", ENGINE) for name in ("duck", "", "Sail", "http://host:1")),
        *((f"--engine=sc:{rest}", ENGINE) for rest in ("//", "/host")),
        *((f"--engine-timeout={it}", TIME_LIMIT) for it in ("0", "-1", "nan", "inf", "soon")),
        ("--scal", "unrecognized arguments: --scal"),
    ],
)
def test_a_wrong_option_is_refused_before_any_file_is_looked_for(
    refuses: Run, option: str, says: str
) -> None:
    refuses("nowhere.csv", *option.split(" "), says=says)


def test_one_machine_writes_csv_unless_told_otherwise_and_packs_none(refuses: Run) -> None:
    options = ("--compression", "zstd")
    refuses("nowhere.csv", *options, job="prepare-tabular", says="the format is csv")


def test_every_option_reaches_the_job() -> None:
    line = (
        "prepare in out --target t --contract c --preprocessor p --weights 1/2,.25,.25 --seed -7 "
        "--split-method random --fill median --unseen skip --min-frequency 2 --scale "
        "--max-labels unlimited --median-error 0.01 --drop-duplicates --format csv "
        "--escape-formulas --target-file-size 64m --input-format json --explain"
    )
    assert config_of(*line.split(), "--key", 'a,"b,c"') == PrepareConfig(
        "in", "out", "t", "c", "p",
        weights=(Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)),
        seed=-7,
        key=("a", "b,c"),
        split_method="random",
        fit=FitOptions("median", True, "skip", 2, UNLIMITED_LABELS, 0.01),
        drop_duplicates=True,
        format="csv",
        escape_formulas=True,
        input_format="json",
        target_file_size=64 * 1024**2,
        explain=True,
    )  # fmt: skip
    assert config_of("prepare", "in", "out", "--compression", "gzip").ending == ".gz.parquet"


def test_defaults_of_spark_and_of_one_machine() -> None:
    assert config_of("prepare", "in", "out") == PrepareConfig("in", "out")
    assert config_of("prepare-tabular", "in", "out") == PrepareConfig(
        "in", "out", fit=FitOptions("median", scale=True), drop_duplicates=True, format="csv"
    )


def test_everything_that_is_wrong_with_a_config_is_said_at_once() -> None:
    with pytest.raises(InputProblemsError) as caught:
        PrepareConfig("", "out", format="orc", compression="lzo", split_method="x", seed=2**63)
    assert caught.value.problems == (
        "format 'orc' is none of parquet, delta, csv",
        "compression 'lzo' is none of snappy, zstd, gzip, none",
        "split method 'x' is none of hash, random",
        "seed 9223372036854775808 does not fit 64 bits",
        "INPUT and OUTPUT must not be empty",
    )


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (InputError("yours to mend"), 2, "error: yours to mend\n"),
        (ValueError("a bug"), 1, "error: ValueError: a bug\n"),
        (KeyboardInterrupt(), 130, "stopped; the output holds a whole result"),
    ],
)
def test_exit_codes(
    command: Run, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, says: str
) -> None:
    def fail(_: object) -> None:
        raise raised

    monkeypatch.setitem(jobs.main._COMMANDS, "prepare", fail)
    done = command("prepare", "in", "out")
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(says)
    debugged = command("prepare", "in", "out", "--debug")
    assert ("Traceback" in debugged.err) == (code != 130)
    assert "Traceback" not in done.err


def test_a_file_that_cannot_be_read_is_the_users_to_mend(
    refuses: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/data/c.json")

    monkeypatch.setattr("jobs.task.find_source", denied)
    refuses(tmp_path / "t.csv", says="/data/c.json: permission denied; this user may not")


@pytest.mark.parametrize("stdout", ["closed pipe", "/dev/full"])
def test_a_report_that_nobody_reads_fails_no_command(table: Table, stdout: str) -> None:
    output = table("", "out/train/.keep").parents[1]
    if stdout == "closed pipe":
        read, write = os.pipe()
        os.close(read)
    else:
        write = os.open(stdout, os.O_WRONLY)
    line = [sys.executable, str(ROOT / "jobs/main.py"), "clean", str(output), "--dry-run"]
    done = subprocess.run(line, stdout=write, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(write)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert ("the command is done" in done.stderr) == (stdout == "/dev/full")
