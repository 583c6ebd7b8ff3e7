"""Requests and uploads of every kind of job, as recorded: what differs is what a setting does.

After a change that is meant: ``GOLDEN=renew pytest tests/unit/launch/request``, and read the diff.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from launch.check import check_request
from launch.errors import LaunchError
from launch.request.plan import Plan
from launch.request.sdk import record

from .conftest import Describe

CASES = yaml.safe_load(Path(__file__).with_name("cases.yaml").read_text())
REFUSED = CASES.pop("refused")
NAMES = [f"{kind}: {case}" for kind, cases in CASES.items() for case in cases]
RECORDED = Path(__file__).with_name("requests.txt")
NAMES_OF_ITEMS = ("InputName", "OutputName", "Key", "Classification")
RENEW = os.environ.get("GOLDEN") == "renew" and not os.environ.get("CI")


def lines_of(value: Any, place: str) -> Iterator[str]:
    """Write data of any depth as lines; the innermost dictionaries and lists take one each."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(isinstance(item, (dict, list)) for item in items):
        yield f"{place} = {json.dumps(value, ensure_ascii=False)}"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from lines_of(item, f"{place}.{key}")
    else:
        # By their names, so that one more does not renumber the others.
        names = [next(item[key] for key in NAMES_OF_ITEMS if key in item) for item in value]
        yield f"{place} are {' '.join(names)}"
        for name, item in zip(names, value):
            rest = {key: part for key, part in item.items() if key not in NAMES_OF_ITEMS}
            yield from lines_of(rest, f"{place}.{name}")


def lines_of_plan(plan: Plan, tmp_path: Path) -> Iterator[str]:
    yield from lines_of(plan.request, "request")
    for upload in (*plan.uploads, *plan.data):
        path = re.sub("/[0-9a-f]{12}/", "/HASH/", str(upload.local_path.relative_to(tmp_path)))
        yield f"{upload.s3_uri} <- {path}"
        if path == "shop/dist/launch/HASH/configuration.json":
            yield from lines_of(json.loads(upload.local_path.read_text()), "configuration")
        elif path.startswith("shop/dist/") and path.endswith("bundle.zip"):
            yield f"bundle = {' '.join(zipfile.ZipFile(upload.local_path).namelist())}"


def recorded() -> dict[str, list[str]]:
    parts = re.split(r"^## (.*)\n", RECORDED.read_text(), flags=re.MULTILINE)
    return {name: text.splitlines() for name, text in zip(parts[1::2], parts[2::2])}


def keep(name: str, lines: list[str]) -> None:
    known = {**recorded(), name: lines}
    parts = (
        f"## {name}\n" + "".join(f"{line}\n" for line in known.get(name, ())) for name in NAMES
    )
    RECORDED.write_text("".join(parts))


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand for what fetches jars and packages; return what it was asked for."""
    asked: list[str] = []

    def fetch_jars(coordinates: list[str]) -> list[Path]:
        asked.append(f"fetched {' '.join(coordinates)}")
        return [tmp_path / "fetched/delta.jar"]

    def fetch_packages(names: tuple[str, ...], *, python_version: str) -> Path:
        asked.append(f"fetched {' '.join(names)} for Python {python_version}")
        return tmp_path / "fetched/packages.zip"

    monkeypatch.setattr("launch.jars.fetch_jars", fetch_jars)
    monkeypatch.setattr("launch.packages.fetch_packages", fetch_packages)
    return asked


@pytest.mark.parametrize("name", NAMES)
def test_a_request_and_its_uploads_are_the_recorded_ones(
    describe: Describe, fetched: list[str], tmp_path: Path, name: str
) -> None:
    kind, _, case = name.partition(": ")
    terms = json.loads(json.dumps(CASES[kind][case]).replace("TMP", str(tmp_path)))
    description = describe(kind, **terms)
    plan = record(description, description.job("one"), "shop-1")
    assert check_request(plan.request) == []
    sent = [upload.s3_uri for upload in plan.uploads]
    for item in plan.request.get("ProcessingInputs", ()):
        uri = item["S3Input"]["S3Uri"]
        assert "/runs/shop-1/" not in uri or any(f"{one}/".startswith(f"{uri}/") for one in sent)
    lines = [*lines_of_plan(plan, tmp_path), *fetched]
    first = f"{kind}: {next(iter(CASES[kind]))}"
    if name != first:
        base = recorded()[first]
        gone = [f"- {line}" for line in base if line not in lines]
        lines = [*gone, *(f"+ {line}" for line in lines if line not in base)]
    if RENEW:
        keep(name, lines)
    assert lines == recorded()[name]


def test_no_record_is_left_of_a_case_that_went() -> None:
    assert list(recorded()) == NAMES


@pytest.mark.parametrize("message", REFUSED)
def test_what_cannot_be_sent_is_refused(describe: Describe, message: str) -> None:
    description = describe(REFUSED[message]["kind"], REFUSED[message])
    with pytest.raises(LaunchError, match=re.escape(message)):
        record(description, description.job("one"), "shop-1")


def test_the_same_files_make_the_same_plan(describe: Describe) -> None:
    job = {"source_dir": "src", "script": "run.py", "bundle": True}
    description = describe("container", job)
    first = record(description, description.job("one"), "shop-1")
    os.utime(description.root / "src" / "run.py", (1, 1))
    assert record(description, description.job("one"), "shop-1") == first
