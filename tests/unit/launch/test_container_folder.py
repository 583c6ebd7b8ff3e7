"""The example of an image of one's own: what its Dockerfile says. Nothing is built."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from dockerfile_parse import DockerfileParser

from launch.description.load import load
from launch.description.model import ContainerJob
from launch.description.secrets import secret_in

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "container"


def instructions(name: str) -> list[str]:
    parser = DockerfileParser(path=str(FOLDER / "Dockerfile"), cache_content=True)
    found = [item["value"] for item in parser.structure if item["instruction"] == name]
    return [str(value) for value in found]


def test_the_base_is_pinned() -> None:
    (base,) = instructions("FROM")
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base)


def test_the_packages_are_pinned() -> None:
    lines = (FOLDER / "requirements.txt").read_text().splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert pinned
    locked = (ROOT / "requirements" / "dev.txt").read_text()
    for line in pinned:
        assert re.fullmatch(r"[\w.-]+==[\w.]+", line)
        assert f"\n{line} " in locked, f"{line}: requirements/dev.txt has another version"


def test_what_is_copied_is_there() -> None:
    sources = [word for value in instructions("COPY") for word in value.split()[:-1]]
    assert "container/entry.py" in sources
    assert {"jobs", "schemas", "transforms"} <= set(sources)
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_last_user_is_not_root() -> None:
    assert instructions("USER")[-1] not in ("root", "0")


def test_it_starts_without_a_shell() -> None:
    (entrypoint,) = instructions("ENTRYPOINT")
    words = json.loads(entrypoint)
    assert words == ["python3", "/opt/program/entry.py"]
    targets = {value.split()[-1] for value in instructions("COPY")}
    assert words[1] in targets


def test_there_are_no_secrets() -> None:
    for line in (FOLDER / "Dockerfile").read_text().splitlines():
        assert secret_in(line) is None
    assert instructions("ARG") == []


def test_launch_yaml_starts_the_same_script() -> None:
    job = load(ROOT / "launch.yaml", environment={}).job("own-container")
    assert isinstance(job, ContainerJob)
    assert job.script == "container/entry.py"
    assert job.bundle


@pytest.fixture
def entry(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("container_entry", FOLDER / "entry.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("PYSPARK_SUBMIT_ARGS", "SPARK_LOCAL_IP"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return module


def test_the_entry_script_sizes_sparks_heap(
    entry: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "memory_mib", lambda: 8192)
    monkeypatch.setattr("jobs.main.main", lambda arguments: len(arguments))
    assert entry.main(["prepare", "x"]) == 2
    assert "--driver-memory 4915m" in os.environ["PYSPARK_SUBMIT_ARGS"]


def test_memory_is_a_number_of_this_machine(entry: ModuleType) -> None:
    assert 256 < entry.memory_mib() < 2**24
