"""How ``launch`` ends where something is wrong that no command foresaw, or where nobody reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from launch.main import main

ROOT = Path(__file__).resolve().parents[3]
Output = pytest.CaptureFixture[str]
LAUNCH = (sys.executable, "-m", "launch.main")
FULL = Path("/dev/full")
# A job whose data are missing: check finds an error. It asks the SDK nothing, which takes seconds.
BROKEN = """\
project: shop
targets:
  dev: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/etl", bucket: shop-dev}
jobs:
  nightly:
    kind: container
    image_uri: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop:1
    data: [{source: orders.csv, destination: "s3://shop-dev/orders.csv"}]
"""


def fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let ``launch schema`` end with an error."""

    def run() -> None:
        raise error

    monkeypatch.setattr("launch.commands.schema.schema_command", click.Command("x", callback=run))


def test_an_error_that_nobody_foresaw_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.delenv("LAUNCH_DEBUG", raising=False)
    fails(monkeypatch, ZeroDivisionError("no\nway"))
    assert main(["schema"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == (
        "error: internal error: ZeroDivisionError: no way "
        "(report it; LAUNCH_DEBUG=1 shows the trace)\n"
    )


def test_its_trace_is_shown_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("LAUNCH_DEBUG", "1")
    fails(monkeypatch, ZeroDivisionError("no way"))
    assert main(["schema"]) == 1
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert "in run\n" in shown
    assert shown.splitlines()[-1].startswith("error: internal error: ZeroDivisionError")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_line() -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*LAUNCH, "schema"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "error: the disk is full: [Errno 28] No space left on device\n"


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_reader_that_went_away_changes_no_exit_code(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "launch.yaml").write_text(BROKEN)
    command = [*LAUNCH, "check", "--offline", "--file", str(tmp_path / "launch.yaml"), *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        shown = process.stderr.read()
    assert (process.returncode, shown) == (2, "")


def test_a_reader_of_errors_that_went_away_changes_no_exit_code() -> None:
    with subprocess.Popen(
        [*LAUNCH, "check", "--file", "nothing.yaml"], cwd=ROOT, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        process.stderr.close()
    assert process.returncode == 2
