"""The /opt/ml tree of each host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from launch.emulate.opt_ml import download_inputs, make_hosts, read_message, upload_outputs
from launch.emulate.store import FolderStore
from launch.errors import LaunchError


def request(**changes: Any) -> dict[str, Any]:
    return {
        "ProcessingJobName": "run-1",
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 2}},
        **changes,
    }


def s3_input(uri: str, distribution: str = "FullyReplicated") -> dict[str, Any]:
    source = {
        "S3Uri": uri,
        "LocalPath": "/opt/ml/processing/input/data",
        "S3DataDistributionType": distribution,
    }
    return {"ProcessingInputs": [{"InputName": "data", "S3Input": source}]}


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    made = FolderStore(tmp_path / "s3")
    for key in ("raw/a", "raw/b", "raw/deep/c", "raw-old/d"):
        (tmp_path / "file").write_text(key)
        made.upload(tmp_path / "file", f"s3://bucket/{key}")
    return made


def files_below(root: Path) -> list[str]:
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def test_each_host_has_both_configurations(tmp_path: Path) -> None:
    hosts = make_hosts(request(Environment={"A": "b"}), tmp_path)
    assert [host.name for host in hosts] == ["algo-1", "algo-2"]
    config = hosts[1].opt_ml / "config"
    assert json.loads((config / "resourceconfig.json").read_text()) == {
        "current_host": "algo-2",
        "hosts": ["algo-1", "algo-2"],
    }
    job = json.loads((config / "processingjobconfig.json").read_text())
    assert job["Environment"] == {"A": "b"}
    assert job["ProcessingJobArn"].endswith("processing-job/run-1")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://bucket/raw/", ["a", "b", "deep/c"]),
        ("s3://bucket/raw", ["a", "b", "deep/c", "raw-old/d"]),
        ("s3://bucket/raw/a", ["a"]),
    ],
)
def test_inputs_lie_below_the_local_path(
    store: FolderStore, tmp_path: Path, uri: str, expected: list[str]
) -> None:
    hosts = make_hosts(request(), tmp_path)
    download_inputs(s3_input(uri), hosts, store)
    for host in hosts:
        assert files_below(host.opt_ml / "processing" / "input" / "data") == expected


def test_a_sharded_input_is_dealt_out(store: FolderStore, tmp_path: Path) -> None:
    hosts = make_hosts(request(), tmp_path)
    download_inputs(s3_input("s3://bucket/raw/", "ShardedByS3Key"), hosts, store)
    dealt = [files_below(host.opt_ml / "processing" / "input" / "data") for host in hosts]
    assert dealt == [["a", "deep/c"], ["b"]]


def test_an_empty_prefix_is_an_error(store: FolderStore, tmp_path: Path) -> None:
    hosts = make_hosts(request(), tmp_path)
    with pytest.raises(LaunchError, match="input data: there is nothing at s3://bucket/none/"):
        download_inputs(s3_input("s3://bucket/none/"), hosts, store)


@pytest.mark.parametrize(("succeeded", "expected"), [(True, ["c/x", "e/x"]), (False, ["c/x"])])
def test_outputs_go_back(
    store: FolderStore, tmp_path: Path, succeeded: bool, expected: list[str]
) -> None:
    outputs = [
        {"S3Output": {"S3Uri": f"s3://out/{name}", "S3UploadMode": mode,
                      "LocalPath": f"/opt/ml/processing/{name}"}}
        for name, mode in (("e", "EndOfJob"), ("c", "Continuous"))
    ]  # fmt: skip
    made = request(ProcessingOutputConfig={"Outputs": outputs})
    hosts = make_hosts(made, tmp_path)
    for name in ("e", "c"):
        # The platform makes the folders.
        (hosts[1].opt_ml / "processing" / name / "x").write_text(name)
    upload_outputs(made, hosts, store, succeeded=succeeded)
    assert [uri.removeprefix("s3://out/") for uri in store.keys("s3://out/")] == expected


def test_messages_are_put_together_and_cut_to_a_kilobyte(tmp_path: Path) -> None:
    hosts = make_hosts(request(), tmp_path)
    assert read_message(hosts) == ""
    hosts[0].message.write_text("one ")
    hosts[1].message.write_text("é" * 1000)
    message = read_message(hosts)
    assert message.startswith("one é")
    assert len(message.encode()) == 1024


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("file:///opt/ml/processing/input/x", True),
        ("file:/opt/ml/x", True),
        ("--contract=file:///opt/ml/a", True),
        # Bare paths are HDFS's on the image.
        ("/opt/ml/processing/input/x", False),
        ("file:///opt/mlops/x", False),
        ("s3://bucket/opt/ml/x", False),
    ],
)
def test_only_file_addresses_point_into_the_tree(
    tmp_path: Path, text: str, rewritten: bool
) -> None:
    host = make_hosts(request(), tmp_path)[0]
    assert (str(tmp_path) in host.rewrite(text)) is rewritten
