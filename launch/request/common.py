"""What every kind of job asks of the SDK: machines, inputs, outputs, network, tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launch.description.load import Description
from launch.description.model import BaseJob
from launch.description.variables import RUN
from launch.errors import LaunchError

INPUT = "/opt/ml/processing/input"


def processor_arguments(
    description: Description, job: BaseJob, session: Any, *, environment: Mapping[str, str]
) -> dict[str, Any]:
    """Return the arguments that all of the SDK's processors take."""
    target = description.target
    return {
        "role": target.role,
        "instance_type": job.instance_type,
        "instance_count": job.instance_count,
        "volume_size_in_gb": job.volume_size_gb,
        "volume_kms_key": target.kms_key,
        "output_kms_key": target.kms_key,
        "max_runtime_in_seconds": job.max_runtime,
        "env": dict(environment) or None,
        "tags": [{"Key": k, "Value": v} for k, v in {**target.tags, **job.tags}.items()],
        "network_config": _network(description, job),
        "sagemaker_session": session,
    }


def run_arguments(description: Description, job: BaseJob, name: str) -> dict[str, Any]:
    """Return the arguments that all of their ``run`` methods take."""
    return {
        "arguments": list(job.arguments) or None,
        "inputs": _inputs(description, job),
        "outputs": _outputs(job, name),
        "job_name": name,
        "wait": False,
        "logs": False,
    }


def make_input(name: str, source: str, destination: str, *, sharded: bool = False) -> Any:
    """Return an input from S3, or from a local file or folder, which the SDK uploads."""
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    distribution = "ShardedByS3Key" if sharded else "FullyReplicated"
    s3_input = ProcessingS3Input(
        s3_uri=source, local_path=destination, s3_data_type="S3Prefix",
        s3_input_mode="File", s3_data_distribution_type=distribution,
    )  # fmt: skip
    return ProcessingInput(input_name=name, s3_input=s3_input)


def _network(description: Description, job: BaseJob) -> Any:
    from sagemaker.core.network import NetworkConfig

    target = description.target
    if not (target.subnets or target.encrypt_traffic or job.network_isolation):
        return None
    return NetworkConfig(
        enable_network_isolation=job.network_isolation,
        subnets=list(target.subnets) or None,
        security_group_ids=list(target.security_groups) or None,
        encrypt_inter_container_traffic=target.encrypt_traffic or None,
    )


def _inputs(description: Description, job: BaseJob) -> list[Any]:
    made = []
    for item in job.inputs:
        source = item.source
        if not source.startswith("s3://"):
            path = description.root / source
            if not path.exists():
                raise LaunchError(f"input {item.name}: {source} is not in {description.root}")
            source = str(path)
        sharded = item.distribution == "sharded"
        made.append(make_input(item.name, source, item.destination, sharded=sharded))
    return made


def _outputs(job: BaseJob, name: str) -> list[Any]:
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    modes = {"end": "EndOfJob", "continuous": "Continuous"}
    return [
        ProcessingOutput(
            output_name=item.name,
            s3_output=ProcessingS3Output(
                s3_uri=item.destination.replace(RUN, name),
                local_path=item.source,
                s3_upload_mode=modes[item.upload],
            ),
        )
        for item in job.outputs
    ]
