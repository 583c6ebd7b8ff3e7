"""Java takes Spark's classes from the archive that was made of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from launch import class_archive
from launch.java import java_home


def test_spark_submit_takes_its_classes_from_the_archive(
    tmp_path: Path, submit: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    home = java_home().resolve()
    real = (home / "lib").resolve().parent  # behind the tests' own bin/java
    archive = class_archive.make(real, tmp_path)
    assert archive is not None
    told = [o for o in class_archive.options(real, folder=tmp_path) if "Xlog" not in o]
    log = tmp_path / "classes.log"
    done = submit(
        "--help",
        env={
            "JAVA_HOME": str(real),
            "SPARK_SUBMIT_OPTS": " ".join([*told, f"-Xlog:class+load:file={log}"]),
        },
    )
    assert done.returncode == 0, done.stderr
    (main,) = [
        line
        for line in log.read_text().splitlines()
        if " org.apache.spark.deploy.SparkSubmit " in line
    ]
    assert "shared objects file (top)" in main
