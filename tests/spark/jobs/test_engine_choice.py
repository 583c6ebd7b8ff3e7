"""Which engine a job gets, and what is said about it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobs import engine_choice
from jobs.config import PrepareConfig
from jobs.engine_choice import Choice, choose
from jobs.local_files import LocalFiles
from schemas.errors import InputError
from transforms.plan import FitOptions


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., PrepareConfig]:
    """Make a config that reads a small CSV; what is given replaces a field."""
    (tmp_path / "t.csv").write_text("id,y\n1,2\n")

    def make(**changed: Any) -> PrepareConfig:
        fields = {"input": str(tmp_path / "t.csv"), "output": str(tmp_path / "out"), **changed}
        return PrepareConfig(**fields)

    return make


Config = Callable[..., PrepareConfig]


def test_spark_is_the_default(config: Config) -> None:
    assert choose(None, config()) == Choice("spark", "the default")
    assert choose("spark", config()).name == "spark"


def test_auto_takes_sail_where_the_input_fits(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_choice, "free_memory", lambda: 18 * 10**9)
    choice = choose("auto", config())
    assert str(choice) == "sail (9 bytes of local csv; 18 GB of memory are free)"
    assert choice.worth_saying


def test_auto_takes_spark_where_the_input_may_not_fit(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_choice, "free_memory", lambda: 8)
    choice = choose("auto", config())
    assert (
        str(choice) == "spark (9 bytes of local csv may take 9 bytes; 8 bytes of memory are free)"
    )


def test_packed_text_counts_for_more(tmp_path: Path, config: Config) -> None:
    packed = tmp_path / "p.csv.gz"
    packed.write_bytes(gzip.compress(b"id,y\n1,2\n"))
    source = engine_choice.find_source(LocalFiles(), str(packed))
    assert engine_choice.memory_needed(source) == 8 * packed.stat().st_size


@pytest.mark.parametrize("asked", ["sail", "auto"])
@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"split_method": "random"}, "random"),
        ({"format": "delta"}, "writes parquet only"),
        ({"format": "csv"}, "writes parquet only"),
        ({"input_format": "json"}, "not json"),
        ({"input": "s3a://bucket/t.csv"}, "not s3a://bucket/t.csv"),
        ({"output": "hdfs://host/out"}, "not hdfs://host/out"),
        ({"fit": FitOptions(fill="median", median_error=0.1)}, "median-error"),
    ],
)
def test_what_sail_lacks_goes_to_spark(
    config: Config, asked: str, changed: dict[str, Any], why: str
) -> None:
    choice = choose(asked, config(**changed))
    assert choice.name == "spark"
    assert why in choice.reason
    assert choice.worth_saying


def test_json_by_its_name_goes_to_spark(config: Config, tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"y": 1}\n')
    choice = choose("sail", config(input=str(tmp_path / "t.json")))
    assert str(choice) == "spark (sail reads csv and parquet only, the input is json)"


def test_auto_leaves_a_submitted_job_to_spark(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert "spark-submit" in choose("auto", config()).reason
    assert choose("sail", config()).name == "sail"


def test_auto_does_not_guess_what_a_bare_path_means_to_hadoop(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
    assert "HADOOP_CONF_DIR" in choose("auto", config()).reason
    whole = config(input=f"file:{tmp_path}/t.csv", output=f"file:{tmp_path}/out")
    assert choose("auto", whole).name == "sail"


def test_a_missing_package_is_named_with_the_command_that_brings_it(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_choice, "_is_installed", lambda name: name != "pysail")
    assert str(choose("auto", config())) == "spark (pysail is not installed)"
    with pytest.raises(InputError, match=r"needs pysail: pip install '.\[local\]'"):
        choose("sail", config())


@pytest.mark.parametrize("asked", ["duck", "", "sc://", "sc:/host", "http://host:1", "Sail"])
def test_an_unknown_engine_is_refused(command: Callable[..., Any], asked: str) -> None:
    done = command("prepare", "in.csv", "out", "--engine", asked)
    assert done.code == 2
    assert "choose spark, sail, auto or sc://HOST:PORT" in done.err


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_wrong_time_limit_is_refused(command: Callable[..., Any], seconds: str) -> None:
    done = command("prepare", "in.csv", "out", f"--engine-timeout={seconds}")
    assert done.code == 2
    assert "is no number of seconds above 0" in done.err


def test_free_memory_is_some() -> None:
    assert 10**6 < engine_choice.free_memory() < 10**14


def test_explain_names_the_engine_and_why(
    command: Callable[..., Any], tmp_path: Path, clean_csv: str
) -> None:
    (tmp_path / "t.csv").write_text(clean_csv)
    done = command("prepare", tmp_path / "t.csv", tmp_path / "out", "--target", "y", "--explain")
    assert done.out.startswith("Engine: spark (the default)\n\nWhat prepare would do")
    arguments = ("--target", "y", "--explain", "--engine", "auto")
    done = command("prepare", tmp_path / "t.csv", tmp_path / "out", *arguments)
    assert done.out.startswith("Engine: sail (")
    assert done.err.startswith("engine: sail (")
