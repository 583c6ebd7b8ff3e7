"""Play a training step here: the script in SageMaker's environment, and model.tar.gz of it.

The container is played as a processing job's is (launch.emulate): same mount at /opt/ml, same
hidden modules, same logs, so that `launch logs` and `launch why` work on it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launch.emulate.store import FolderStore
from launch.pipeline.source import pack

_DATA, _CODE, _CONFIG = "/opt/ml/input/data", "/opt/ml/code", "/opt/ml/input/config"
_ARCHIVES = "/opt/ml/input/source"
_FOLDERS = "/opt/ml/model /opt/ml/output/data /opt/ml/checkpoints"
# What script mode does before it starts the script, in the words of a shell.
_START = (
    f"set -e; mkdir -p {_FOLDERS} {_CODE}; tar -xzf {_ARCHIVES}/sourcedir.tar.gz -C {_CODE}; "
    f'cd {_CODE}; exec python3 "$@"'
)


def as_processing(request: Mapping[str, Any], name: str, store: FolderStore) -> dict[str, Any]:
    """Return a processing request that does what the training job's container would do."""
    own = own_hyperparameters(request)
    given = {key: _plain(value) for key, value in request["HyperParameters"].items()}
    program, source = given["sagemaker_program"], given["sagemaker_submit_directory"]
    checkpoints = (request.get("CheckpointConfig") or {}).get("S3Uri", "")
    inputs = [
        _input(f"channel-{item['ChannelName']}", item["DataSource"]["S3DataSource"]["S3Uri"],
               f"{_DATA}/{item['ChannelName']}")
        for item in request["InputDataConfig"]
    ]  # fmt: skip
    inputs.append(_input("source", source, _ARCHIVES))
    inputs.append(_input("config", _write_config(request, name, store), _CONFIG))
    if checkpoints and any(store.keys(checkpoints)):
        inputs.append(_input("checkpoints", checkpoints, "/opt/ml/checkpoints"))
    outputs = [_output(checkpoints)] if checkpoints else []
    arguments = [word for key in sorted(own) for word in (f"--{key}", own[key])]
    return {
        "ProcessingJobName": name,
        "RoleArn": request["RoleArn"],
        "ProcessingResources": {"ClusterConfig": dict(request["ResourceConfig"])},
        "AppSpecification": {
            "ImageUri": request["AlgorithmSpecification"]["TrainingImage"],
            "ContainerEntrypoint": ["/bin/sh", "-c", _START, "sh"],
            "ContainerArguments": [program, *arguments],
        },
        "Environment": {**training_environment(request), **(request.get("Environment") or {})},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": request["StoppingCondition"]["MaxRuntimeInSeconds"]
        },
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": outputs},
    }


def training_environment(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that SageMaker's training toolkit sets for a script."""
    own = own_hyperparameters(request)
    channels = [item["ChannelName"] for item in request["InputDataConfig"]]
    return {
        **{f"SM_CHANNEL_{name.upper()}": f"{_DATA}/{name}" for name in channels},
        **{f"SM_HP_{key.upper()}": value for key, value in own.items()},
        "SM_CHANNELS": json.dumps(sorted(channels)),
        "SM_HPS": json.dumps(own, sort_keys=True),
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INPUT_CONFIG_DIR": _CONFIG,
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_MODULE_DIR": request["HyperParameters"]["sagemaker_submit_directory"],
        "SM_HOSTS": json.dumps(["algo-1"]),
        "SM_CURRENT_HOST": "algo-1",
        "SM_NUM_GPUS": "0",
        "PYTHONPATH": _CODE,
    }


def own_hyperparameters(request: Mapping[str, Any]) -> dict[str, str]:
    """Return the hyperparameters that reach the script."""
    given = request.get("HyperParameters", {})
    return {k: _plain(text) for k, text in given.items() if not k.startswith("sagemaker_")}


def pack_model(folder: Path, store: FolderStore, uri: str) -> None:
    """Make model.tar.gz of what the script left in its model directory, as SageMaker does."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    with tempfile.TemporaryDirectory() as draft:
        archive = Path(draft) / "model.tar.gz"
        archive.write_bytes(pack(files))
        store.upload(archive, uri)


def _write_config(request: Mapping[str, Any], name: str, store: FolderStore) -> str:
    """Leave the files of /opt/ml/input/config where the container's inputs are read from."""
    prefix = f"{request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/config/"
    channels = {item["ChannelName"]: item.get("InputMode", "File") for item in
                request["InputDataConfig"]}  # fmt: skip
    files = {
        "hyperparameters.json": dict(request["HyperParameters"]),
        "inputdataconfig.json": {key: {"TrainingInputMode": m} for key, m in channels.items()},
        "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"]},
    }
    with tempfile.TemporaryDirectory() as draft:
        for file, data in files.items():
            path = Path(draft) / file
            path.write_text(json.dumps(data, sort_keys=True), encoding="utf-8")
            store.upload(path, f"{prefix}{file}")
    return prefix


def _plain(text: str) -> str:
    """Take the quotes off a text that was written as JSON, as the toolkit does."""
    return str(json.loads(text)) if text.startswith('"') else text


def _input(name: str, uri: str, path: str) -> dict[str, Any]:
    return {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": path}}


def _output(uri: str) -> dict[str, Any]:
    return {
        "OutputName": "checkpoints",
        "S3Output": {
            "S3Uri": uri, "LocalPath": "/opt/ml/checkpoints", "S3UploadMode": "Continuous",
        },
    }  # fmt: skip
