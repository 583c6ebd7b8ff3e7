"""One Spark session for all tests; the flights table; small helpers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from pyspark.sql import SparkSession
from quick_java import FOLDER, quick_home

from launch.java import java_home

# What support modules assert is told in full, as in a test.
pytest.register_assert_rewrite("engine_cases", "hostile_names", "refusals", "run_command", "twins")
ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# So that plain pytest works as make test does: Spark's scripts look for python3 on the PATH.
os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
_JAVA = java_home()
if _JAVA.name != "quick-java":
    # Workers of xdist inherit it from the process that starts them.
    os.environ["JAVA_HOME"] = str(quick_home(_JAVA, FOLDER))
os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # As shells start what they put in the background; programs that tests interrupt inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
# The same examples in every run: a failure seen once is seen again.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    # Shrinking a failure that needs Spark takes minutes; the seed repeats it as it was.
    phases=[Phase.explicit, Phase.generate],
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=("spark", "sail"), default="spark", help="what the spark fixture yields"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--engine") == "spark":
        return
    skip = pytest.mark.skip(reason="about Spark alone")
    for item in items:
        if item.get_closest_marker("spark_only"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def spark(request: pytest.FixtureRequest) -> Iterator[SparkSession]:
    """Yield the one session of the run; with ``--engine sail`` every column is a remote one."""
    if request.config.getoption("--engine") == "sail":
        from jobs.connect import start_sail

        engine = start_sail(3600)
        yield engine.spark
        engine.close()
    else:
        session = start_spark()
        yield session
        session.stop()


def start_spark() -> SparkSession:
    from jobs.session import RESULT_SETTINGS

    builder = (
        SparkSession.builder.master("local[2]")
        .appName("tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
    )
    for key, value in RESULT_SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("FATAL")
    return session


@pytest.fixture(scope="session")
def flights_csv() -> Path:
    from launch.sample import extract_flights

    return extract_flights(ROOT / "data" / "flights.csv")


@pytest.fixture(scope="session")
def submit() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``spark-submit jobs/main.py …`` as a user does, in a process of its own."""

    def run(
        *arguments: object,
        options: tuple[str, ...] = ("--master", "local[2]"),
        app: object = ROOT / "jobs" / "main.py",
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        command = [BIN / "spark-submit", *options, app, *arguments]
        return subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run
