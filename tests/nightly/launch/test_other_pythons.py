"""What the cluster receives, on the Pythons of the images. vermin and ruff check the syntax too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from launch.bundle import make_bundle

ROOT = Path(__file__).resolve().parents[3]
UV = Path(sys.executable).with_name("uv")
# What the tests of schemas/ and transforms/ import.
PACKAGES = (
    "pyspark==3.5.9", "chispa", "hypothesis", "pandas", "pyarrow", "pytest", "scikit-learn",
    "setuptools", "zstandard",
)  # fmt: skip
# The longest ones: sums and their rounding are the engine's, whatever the Python.
EXACT = ("test_engines", "test_sums", "test_tally")


def interpreter(version: str) -> str:
    """Find a Python that runs; skip where there is none.

    What is on the PATH may be a version manager's stand-in, which needs to be told which.
    """
    found = shutil.which(f"python{version}")
    command = [found or "false", "-c", "import sys; print(sys.executable)"]
    env = {**os.environ, "PYENV_VERSION": version}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode != 0:
        pytest.skip(f"no python{version} here")
    return done.stdout.strip()


@pytest.mark.parametrize("version", ["3.9", "3.12"])
def test_what_needs_no_spark_runs_from_the_bundle(version: str, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle.zip")
    code = (
        "import jobs.cli, jobs.exit_message, transforms.preprocessor, schemas.infer;"
        "from transforms.row_hash import parse_weights, split_of_row as s;"
        "print(s({'id': 7}, key={'id': 'bigint'}, seed=42, weights=parse_weights('.7,.15,.15')))"
    )
    env = {"PYTHONPATH": str(bundle)}
    command = [interpreter(version), "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() in ("train", "validation", "test")


def test_the_oldest_python_passes_the_tests_of_the_shipped_packages() -> None:
    """The tests of schemas/ and transforms/, Spark's included, on Python 3.9."""
    python = interpreter("3.9")
    folder = ROOT / "build" / "python-3.9"
    if not (folder / ".ready").is_file():
        env = {**os.environ, "PYENV_VERSION": "3.9"}
        for words in (
            ["venv", "--clear", "--no-python-downloads", "--python", python, folder],
            ["pip", "install", "--python", folder, *PACKAGES],
        ):
            done = subprocess.run([UV, *words], capture_output=True, text=True, env=env)
            assert done.returncode == 0, done.stderr
        (folder / ".ready").touch()
    own = folder / "bin" / "python"
    # Nothing of the environment that runs this test: its Spark's workers are another Python's.
    foreign = ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "SPARK_HOME", "PYTHONPATH")
    env = {key: value for key, value in os.environ.items() if key not in foreign}
    done = subprocess.run(
        # Warnings of older libraries are no concern here.
        [own, "-m", "pytest", "-q", "-o", "filterwarnings=",
         "-p", "no:cacheprovider", "tests/unit/schemas", "tests/unit/transforms",
         "tests/spark/schemas", "tests/spark/transforms",
         *(f"--ignore=tests/spark/transforms/{name}.py" for name in EXACT)],
        cwd=ROOT, capture_output=True, text=True, timeout=1800,
        env={**env, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": str(own)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
