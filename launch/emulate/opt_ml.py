"""The /opt/ml tree of each host: configuration files, inputs, and outputs on the way back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch.emulate.store import Store
from launch.errors import LaunchError

_LOCAL = re.compile(r"file:(?://)?/opt/ml(?=/|$)")


@dataclass(frozen=True)
class Host:
    """One host of a job: its name, and the folder that stands for its root."""

    name: str
    root: Path

    @property
    def opt_ml(self) -> Path:
        """The folder that stands for /opt/ml."""
        return self.root / "opt" / "ml"

    @property
    def message(self) -> Path:
        """Where the container leaves a message for DescribeProcessingJob."""
        return self.opt_ml / "output" / "message"

    def path(self, container_path: str) -> Path:
        """Return the file that stands for a path in the container."""
        if ".." in container_path.split("/"):
            raise LaunchError(f"{container_path}: '..' leads out of the host's folder")
        return self.root / container_path.lstrip("/")

    def rewrite(self, text: str) -> str:
        """Point ``file:///opt/ml/…`` to this host's tree.

        A bare ``/opt/ml/…`` stays: on the image Spark looks for it in HDFS, and so does it here.
        """
        # Not as a URI proper: Hadoop takes %20 in a path for three characters.
        return _LOCAL.sub(lambda _: f"file://{self.opt_ml}", text)


def make_hosts(request: Mapping[str, Any], work: Path) -> list[Host]:
    """Make an empty tree for each host, with the two configuration files in it."""
    count = request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    names = [f"algo-{number}" for number in range(1, count + 1)]
    hosts = [Host(name, work / name) for name in names]
    account = "arn:aws:sagemaker:local:000000000000"
    arn = {"ProcessingJobArn": f"{account}:processing-job/{request['ProcessingJobName']}"}
    for host in hosts:
        for folder in ("config", "output", "processing"):
            (host.opt_ml / folder).mkdir(parents=True)
        resources = {"current_host": host.name, "hosts": names}
        _write(host.opt_ml / "config" / "resourceconfig.json", resources)
        _write(host.opt_ml / "config" / "processingjobconfig.json", {**arn, **request})
        for output in _outputs(request):
            host.path(output["LocalPath"]).mkdir(parents=True, exist_ok=True)
    return hosts


def download_inputs(request: Mapping[str, Any], hosts: Sequence[Host], store: Store) -> None:
    """Bring each input to each host; a sharded one is dealt out object by object."""
    for item in request.get("ProcessingInputs", ()):
        source = item.get("S3Input")
        if source is None or item.get("AppManaged"):
            raise LaunchError(f"input {item['InputName']}: only S3Input can be played here")
        uri = source["S3Uri"]
        objects = list(store.keys(uri))
        if not objects:
            raise LaunchError(f"input {item['InputName']}: there is nothing at {uri}")
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        for number, host in enumerate(hosts):
            mine = objects[number :: len(hosts)] if sharded else objects
            for found in mine:
                target = host.path(source["LocalPath"]) / _below(uri, found)
                store.download(found, target)


def upload_outputs(
    request: Mapping[str, Any], hosts: Sequence[Host], store: Store, *, succeeded: bool
) -> None:
    """Send each host's outputs back: the continuous ones always, the others after success."""
    for output in _outputs(request):
        if not succeeded and output["S3UploadMode"] != "Continuous":
            continue
        for host in hosts:
            folder = host.path(output["LocalPath"])
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                below = path.relative_to(folder).as_posix()
                store.upload(path, f"{output['S3Uri'].rstrip('/')}/{below}")


def read_message(hosts: Sequence[Host]) -> str:
    """Return what the hosts left for ExitMessage: put together, the first 1 KB of it."""
    found = [host.message.read_bytes() for host in hosts if host.message.is_file()]
    return b"".join(found)[:1024].decode("utf-8", errors="ignore")


def _outputs(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", ())
    return [output["S3Output"] for output in outputs]


def _below(prefix: str, uri: str) -> str:
    """Return an object's path below the folder that its prefix ends in."""
    return uri[len(_folder(prefix, uri)) :]


def _folder(prefix: str, uri: str) -> str:
    """Return the part of the address that is not repeated on the host.

    ``s3://b/raw`` for ``s3://b/raw/x.csv``; but for ``s3://b/ra``, which is a prefix by text only,
    everything after the last slash stays.
    """
    if prefix.endswith("/"):
        return prefix
    if uri.startswith(f"{prefix}/"):
        return f"{prefix}/"
    return prefix[: prefix.rfind("/") + 1]


def _write(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2), encoding="utf-8")
