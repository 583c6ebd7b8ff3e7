"""No unit test starts Java: what does fails at once, and says why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pyspark.context
import pyspark.java_gateway
import pytest

WHY = "a unit test wants Spark, which is a JVM: it belongs to tests/spark or tests/nightly"


def _refuse(*_: object, **__: object) -> NoReturn:
    pytest.fail(WHY)


@pytest.fixture(scope="session")
def no_java_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("no-java") / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{WHY}' >&2\nexit 1\n")
    program.chmod(0o755)
    return program.parents[1]


# Of a module: tests of Spark may follow in the same process.
@pytest.fixture(autouse=True, scope="module")
def no_java(no_java_home: Path) -> Iterator[None]:
    """Refuse a gateway to Java in this process, and be no Java to programs that look for one."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (pyspark.context, pyspark.java_gateway):
            patch.setattr(module, "launch_gateway", _refuse)
        patch.setenv("JAVA_HOME", str(no_java_home))
        patch.setenv("PATH", f"{no_java_home / 'bin'}{os.pathsep}{os.environ['PATH']}")
        yield


@pytest.fixture(scope="session")
def spark() -> NoReturn:
    _refuse()


@pytest.fixture(scope="session")
def submit() -> NoReturn:
    _refuse()
