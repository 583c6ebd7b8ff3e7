"""Which engine a job gets, and what happens where one gives up."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobs import engine_choice
from jobs.config import PrepareConfig
from jobs.connect import Deadline
from jobs.engine import Engine, on_engine
from jobs.engine_choice import Choice, choose
from jobs.errors import ConflictError, UnsupportedError
from jobs.local_files import LocalFiles
from jobs.source import find_source
from schemas.errors import InputError
from transforms.plan import FitOptions

SAIL = Choice("sail", "asked for")
Config = Callable[..., PrepareConfig]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Make a config that reads a small CSV; what is given replaces a field."""
    (tmp_path / "t.csv").write_text("id,y\n1,2\n")

    def make(**changed: Any) -> PrepareConfig:
        fields = {"input": str(tmp_path / "t.csv"), "output": str(tmp_path / "out"), **changed}
        return PrepareConfig(**fields)

    return make


def test_spark_is_the_default(config: Config) -> None:
    assert choose(None, config()) == Choice("spark", "the default")
    assert choose("spark", config()).name == "spark"
    assert choose("sc://host:1", config()).name == "sc://host:1"


@pytest.mark.parametrize(
    ("free", "choice"),
    [
        (18 * 10**9, "sail (9 bytes of local csv; 18 GB of memory are free)"),
        (8, "spark (9 bytes of local csv may take 9 bytes; 8 bytes of memory are free)"),
    ],
)
def test_auto_goes_by_the_memory_that_is_free(
    config: Config, monkeypatch: pytest.MonkeyPatch, free: int, choice: str
) -> None:
    assert 10**6 < engine_choice.free_memory() < 10**14
    monkeypatch.setattr(engine_choice, "free_memory", lambda: free)
    assert str(choose("auto", config())) == choice
    assert choose("auto", config()).worth_saying


def test_packed_text_counts_for_more_memory(tmp_path: Path) -> None:
    packed = tmp_path / "p.csv.gz"
    packed.write_bytes(gzip.compress(b"id,y\n1,2\n"))
    source = find_source(LocalFiles(), str(packed))
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
        ({"input": "t.json"}, "the input is json"),
    ],
)
def test_what_sail_lacks_goes_to_spark(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str,
    changed: dict[str, Any], why: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("t.json").write_text('{"y": 1}\n')
    choice = choose(asked, config(**changed))
    assert (choice.name, choice.worth_saying) == ("spark", True)
    assert why in choice.reason


def test_auto_leaves_to_spark_what_was_submitted_and_what_hadoop_may_place(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PYSPARK_GATEWAY_PORT", "1")
        assert "spark-submit" in choose("auto", config()).reason
        assert choose("sail", config()).name == "sail"
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


@pytest.fixture
def engines_opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Open engines that are names alone; return the names in order, each closed at its end."""
    names: list[str] = []

    @contextmanager
    def opened(choice: Choice, **_: object) -> Iterator[Engine]:
        names.append(choice.name)
        session: Any = None
        yield Engine(choice.name, session, LocalFiles(), "1")
        names.append("closed")

    monkeypatch.setattr("jobs.engine.open_engine", opened)
    return names


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RuntimeError("no_such_function"), "RuntimeError: no_such_function"),
        (UnsupportedError("text as latin-1"), "cannot do this: text as latin-1"),
        (RuntimeError("DEADLINE_EXCEEDED"), "did not finish in time; raise --engine-timeout"),
        (RuntimeError("invalid block type"), None),
        (InputError("yours to mend"), None),
        (ConflictError("another run published"), None),
        (KeyboardInterrupt(), None),
    ],
)
def test_what_fails_on_sail_starts_over_on_spark_where_that_may_help(
    engines_opened: list[str], capsys: pytest.CaptureFixture[str], error: BaseException,
    why: str | None,
) -> None:  # fmt: skip
    """After a conflict it would begin from the winner's manifest, and replace the result."""

    def work(engine: Engine) -> str:
        if engine.name == "spark":
            return "done"
        raise error

    if why is None:
        with pytest.raises(type(error)):
            on_engine(SAIL, work)
        assert engines_opened == ["sail"]
        return
    assert on_engine(SAIL, work) == "done"
    assert engines_opened == ["sail", "spark", "closed"]
    said = capsys.readouterr().err
    assert said.startswith("note: engine sail gave up (")
    assert why in said
    assert said.endswith("; the output is untouched, starting over on Spark\n")


def test_an_address_that_was_named_is_exchanged_for_no_other_engine(
    engines_opened: list[str],
) -> None:
    with pytest.raises(ZeroDivisionError):
        on_engine(Choice("sc://host:1", ""), lambda _: 1 / 0)
    assert engines_opened == ["sc://host:1"]


def test_every_call_to_an_engine_has_what_is_left_of_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    deadline, timeouts = Deadline(10), []
    call = SimpleNamespace(
        method="m", timeout=None, metadata=None, credentials=None, wait_for_ready=None,
        compression=None,
    )  # fmt: skip
    for now[0] in (100.0, 107.0, 200.0):
        for intercept in (deadline.intercept_unary_unary, deadline.intercept_unary_stream,
                          deadline.intercept_stream_unary):  # fmt: skip
            intercept(lambda details, _: timeouts.append(details.timeout), call, None)
    assert timeouts == [10.0] * 3 + [3.0] * 3 + [0.0] * 3
