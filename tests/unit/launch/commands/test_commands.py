"""The commands, as far as they need neither AWS nor a cluster."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from launch.commands.common import choose_run, duration
from launch.commands.log_printer import LogPrinter
from launch.commands.why import typed_for
from launch.description.load import load
from launch.errors import LaunchError, NoSuchRunError
from launch.main import _COMMANDS, main
from launch.runs.model import LogLine, Run

ROOT = Path(__file__).resolve().parents[4]


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in _COMMANDS if f"\n  {name} " not in shown] == []


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == 0
    assert f"Usage: launch {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["submit"], "Missing argument 'JOB'"),
        (["nothing"], "No such command 'nothing'"),
        (["submit", "prepare", "--nope"], "No such option"),
        (["submit", "prepair", "--dry-run"], "did you mean prepare"),
        (["submit", "prepare", "--dry-run", "--target", "moon"], "has no target 'moon'"),
        (["submit", "prepare", "--dry-run", "--name", "a_b"], "start it with flights-"),
        (["submit", "prepare", "--dry-run", "--var", "x"], "write NAME=VALUE"),
        (["submit", "prepare", "--dry-run", "--arg", "--token=abcdefgh"], "looks like a secret"),
        (["status", "--local"], "has no runs here; `launch submit JOB --local` makes the first"),
        (["why", "x", "--local"], "no run 'x' was played here"),
        (["history", "--local"], "has no runs here"),
        (["list", "--limit", "0"], "is not in the range"),
        (["history", "--event-logs", "nowhere"], "nowhere"),
        (["check", "--file", "none.yaml"], "cannot read none.yaml"),
    ],
)
def test_wrong_input_is_exit_code_2_and_one_paragraph(
    project: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert "Traceback" not in shown.err + shown.out


def test_every_problem_of_the_file_is_printed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project / "launch.yaml").read_text()
    (project / "launch.yaml").write_text(text.replace("instance_count: 3", "instance_cuont: 0"))
    assert main(["check"]) == 2
    assert "launch.yaml has 1 problem:" in capsys.readouterr().err


def test_the_schema_describes_the_repositorys_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == json.loads((ROOT / "docs" / "launch.schema.json").read_text())
    # References are not replaced yet where an editor looks.
    data = yaml.safe_load((ROOT / "launch.yaml").read_text())
    for name in data["targets"]:
        target = load(ROOT / "launch.yaml", target=name, environment={}).target
        data["targets"][name] = json.loads(target.model_dump_json(exclude_none=True))
    description = load(ROOT / "launch.yaml", environment={})
    for name, described in description.pipelines.items():
        replaced = json.loads(described.model_dump_json())
        written = data["pipelines"][name]
        written |= {key: replaced[key] for key in ("input", "prepared")}
        written["train"] |= {key: replaced["train"][key] for key in ("output", "checkpoints")}
    for name, job in description.jobs.items():
        replaced = json.loads(job.model_dump_json(include={"inputs", "outputs", "data"}))
        data["jobs"][name].update(replaced)
    jsonschema.validate(data, schema)
    data["jobs"]["prepare"]["spot"] = True
    with pytest.raises(jsonschema.ValidationError, match="spot"):
        jsonschema.validate(data, schema)


MOMENT = datetime(2026, 11, 23, 2, 0, tzinfo=timezone.utc)


class Kept:
    """Runs by name, newest first."""

    def __init__(self, *names: str) -> None:
        self.runs = {name: Run(name, "Completed", MOMENT, request={}) for name in names}

    def get(self, name: str) -> Run:
        if name not in self.runs:
            raise NoSuchRunError(f"there is no run {name!r} here")
        return self.runs[name]

    def newest(self, *, limit: int, contains: str = "", status: str | None = None) -> list[Run]:
        return [run for run in self.runs.values() if contains in run.name][:limit]

    stop: Any
    log: Any
    fetch_event_logs: Any


def test_a_run_is_found_by_part_of_its_name() -> None:
    description = load(ROOT / "launch.yaml", environment={})
    runs = Kept("other-a-3", "flights-a-2", "flights-a-1")
    assert choose_run(runs, description, None).name == "flights-a-2"
    assert choose_run(runs, description, "a-1").name == "flights-a-1"
    with pytest.raises(LaunchError, match="'flights' fits several runs: flights-a-2, flights-a-1"):
        choose_run(runs, description, "flights")
    with pytest.raises(LaunchError, match="there is no run 'other-a'"):
        choose_run(runs, description, "other-a")


def test_a_jobs_name_means_its_newest_run() -> None:
    description = load(ROOT / "launch.yaml", environment={})
    # AWS finds a text anywhere in a name: another project's run must not be taken for ours.
    runs = Kept("my-flights-prepare-9", "flights-prepare-2", "flights-other-3", "flights-prepare-1")
    assert choose_run(runs, description, "prepare").name == "flights-prepare-2"
    assert choose_run(runs, description, None).name == "flights-prepare-2"
    with pytest.raises(LaunchError, match="flights-prepare has no runs here"):
        choose_run(Kept("my-flights-prepare-9"), description, "prepare")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("26/11/23 15:00:32 INFO DAGScheduler: Job 0 finished", False),
        ("26/11/23 15:00:32 WARN NativeCodeLoader: Unable to load", False),
        ("26/11/23 15:00:32 WARN TaskSetManager: Lost task 0.0", True),
        ("Rows", True),
        ("[app-1/0/stderr] 26/11/23 15:00:32 INFO Executor: Running task", False),
        ("[app-1/0/stderr]   optional int32 day;", False),
        ("[app-1/0/stderr] 26/11/23 15:00:32 ERROR Executor: Exception in task 0.0", True),
        ("[app-1/0/stderr] 26/11/23 ERROR Backend: RECEIVED SIGNAL TERM", False),
        ("[/var/log/yarn/x/stderr] java.lang.OutOfMemoryError: Java heap space", True),
    ],
)
def test_of_spark_only_what_is_wrong_is_shown(
    capsys: pytest.CaptureFixture[str], text: str, shown: bool
) -> None:
    printer = LogPrinter()
    printer.show(LogLine("algo-1", 0, text))
    assert (capsys.readouterr().out == f"[algo-1] {text}\n") is shown
    assert printer.hidden == (not shown)
    LogPrinter(everything=True).show(LogLine("algo-1", 0, text))
    assert text in capsys.readouterr().out


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min")]
)
def test_durations_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_run_knows_how_long_it_took() -> None:
    run = Run("a", "InProgress", MOMENT)
    assert run.seconds(MOMENT + timedelta(minutes=1)) == 60
    assert not run.has_ended


@pytest.mark.parametrize(
    ("advice", "typed"),
    [
        ("read it: launch logs JOB", "read it: launch logs flights-a-1 --local"),
        ("follow it: launch logs --follow", "follow it: launch logs flights-a-1 --local --follow"),
        ("see the stages: launch history", "see the stages: launch history flights-a-1 --local"),
        ("launch submit JOB --dry-run", "launch submit JOB --dry-run"),
    ],
)
def test_commands_in_advice_can_be_typed(advice: str, typed: str) -> None:
    assert typed_for(advice, Run("flights-a-1", "Failed", MOMENT), local=True) == typed
