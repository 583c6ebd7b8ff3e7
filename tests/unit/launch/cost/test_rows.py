"""Which manifest is a run's, and what it says of rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from launch.cost.rows import FolderManifests, Rows, S3Manifests, rows_of
from launch.runs.model import Run

NOW = datetime.now(timezone.utc)
BUCKET = "etl-bucket"


def manifest(name: str | None, train: int = 7) -> dict[str, Any]:
    rows = {
        "read": 12,
        "published": {"train": train, "validation": 1, "test": 1},
        "dropped": {"no target": 2},
        "quarantined": {"x: null": 1},
    }
    return {"manifest_version": 1, "processing_job": name, "rows": rows}


def run(name: str = "flights-prepare-1", *words: str, outputs: tuple[str, ...] = ()) -> Run:
    arguments = words or ("prepare", f"s3://{BUCKET}/raw/", f"s3://{BUCKET}/prepared/")
    return Run(
        name,
        "Completed",
        NOW - timedelta(minutes=2),
        started=NOW - timedelta(minutes=1),
        ended=NOW + timedelta(minutes=1),
        request={
            "AppSpecification": {"ContainerArguments": list(arguments)},
            "ProcessingOutputConfig": {"Outputs": [{"S3Output": {"S3Uri": u}} for u in outputs]},
        },
    )


def put_here(folder: Path, uri: str, content: Any) -> None:
    path = folder / uri.removeprefix("s3://") / "manifest.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def test_the_rows_of_the_manifest_that_names_the_run(tmp_path: Path) -> None:
    put_here(tmp_path, f"s3://{BUCKET}/raw", manifest("flights-other-1", train=99))
    put_here(tmp_path, f"s3://{BUCKET}/prepared", manifest("flights-prepare-1"))
    found = rows_of(run(), FolderManifests(tmp_path))
    assert found == Rows(read=12, train=7, validation=1, test=1, dropped=2, quarantined=1)
    assert found.published == 9


@pytest.mark.parametrize(
    "content",
    [
        manifest("flights-prepare-2"),
        manifest(None),
        {"rows": manifest(None)["rows"]},
        {"processing_job": "flights-prepare-1", "rows": {"read": 1}},
        {"processing_job": "flights-prepare-1"},
        ["flights-prepare-1"],
        "{",
        "",
    ],
)
def test_another_runs_rows_are_never_shown(tmp_path: Path, content: Any) -> None:
    put_here(tmp_path, f"s3://{BUCKET}/prepared", content)
    assert rows_of(run(), FolderManifests(tmp_path)) is None


@pytest.mark.parametrize(
    ("words", "outputs"),
    [
        (("prepare-tabular", "/opt/ml/processing/input", "/opt/x"), (f"s3://{BUCKET}/o/r-1/",)),
        (("app", f"--to=s3://{BUCKET}/o/r-1"), ()),
        (("prepare", f"s3a://{BUCKET}/raw/", f"s3a://{BUCKET}/o/r-1"), ()),
    ],
)
def test_outputs_and_options_may_name_the_place(
    tmp_path: Path, words: tuple[str, ...], outputs: tuple[str, ...]
) -> None:
    put_here(tmp_path, f"s3://{BUCKET}/o/r-1", manifest("flights-prepare-1"))
    assert rows_of(run("flights-prepare-1", *words, outputs=outputs), FolderManifests(tmp_path))


def test_a_run_without_a_request_has_no_rows(tmp_path: Path) -> None:
    assert rows_of(Run("a", "Completed", NOW), FolderManifests(tmp_path)) is None


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def session() -> Any:
    return boto3.Session(region_name="us-east-1")


def put(s3: Any, content: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="prepared/manifest.json", Body=json.dumps(content).encode())


def test_with_versions_an_earlier_run_keeps_its_rows(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    put(s3, manifest("flights-prepare-1", train=5))
    put(s3, manifest("flights-prepare-2", train=6))
    manifests = S3Manifests(session())
    found = [rows_of(run(f"flights-prepare-{n}"), manifests) for n in (1, 2, 3)]
    assert [rows and rows.train for rows in found] == [5, 6, None]


def test_without_versions_the_last_run_alone_has_rows(s3: Any) -> None:
    put(s3, manifest("flights-prepare-1", train=5))
    put(s3, manifest("flights-prepare-2", train=6))
    s3.put_object(Bucket=BUCKET, Key="prepared/manifest.json.old", Body=b"{")
    manifests = S3Manifests(session())
    found = [rows_of(run(f"flights-prepare-{n}"), manifests) for n in (1, 2)]
    assert [rows and rows.train for rows in found] == [None, 6]


def test_what_was_written_long_after_a_run_is_not_read(s3: Any) -> None:
    put(s3, manifest("flights-prepare-1"))
    old = run()
    old = Run(old.name, old.status, NOW - timedelta(days=2), NOW - timedelta(days=2),
              NOW - timedelta(days=1), request=old.request)  # fmt: skip
    assert rows_of(old, S3Manifests(session())) is None
    assert rows_of(run(), S3Manifests(session())) is not None


def test_where_versions_may_not_be_listed_the_newest_is_read(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    put(s3, manifest("flights-prepare-1"))
    manifests = S3Manifests(session())

    def refuse(**given: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "ListObjectVersions")

    monkeypatch.setattr(manifests._s3, "list_object_versions", refuse)
    assert rows_of(run(), manifests) is not None
    assert rows_of(run("flights-prepare-1", "prepare", "s3://absent/x"), manifests) is None
