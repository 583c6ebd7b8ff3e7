"""The training step's request, by the SDK's ModelTrainer in script mode."""

from __future__ import annotations

import hashlib
from typing import Any

from launch.description.load import Description
from launch.description.model import SklearnJob
from launch.description.pipelines import Pipeline, Training
from launch.pipeline.recorded import FOLDER, Recorded, source_uri
from launch.pipeline.source import ARCHIVE, keep_source
from launch.request.plan import Upload
from launch.request.script_kind import image_of


def training_image(description: Description, training: Training) -> str:
    """Return SageMaker's scikit-learn image, which trains and answers requests."""
    job = SklearnJob.model_validate(
        {
            "kind": "sklearn",
            "framework_version": training.framework_version,
            "instance_type": training.instance_type,
        }
    )
    return image_of(description, job)


def record_training(description: Description, pipeline: Pipeline, session: Any) -> Recorded:
    """Return the CreateTrainingJob request; its code is in a folder named by its content."""
    from sagemaker.core.workflow.utilities import execute_job_functions

    training = pipeline.train
    archive = keep_source(description, training)
    name = f"train-{hashlib.sha256(archive.read_bytes()).hexdigest()[:12]}"
    prefix = f"{description.target.prefix.strip('/')}/{FOLDER}/{name}/{ARCHIVE}".lstrip("/")
    code = f"s3://{description.target.bucket}/{prefix}"
    arguments = _trainer(description, pipeline, session, code).train(
        input_data_config=_channels(pipeline)
    )
    execute_job_functions(arguments)
    return Recorded(name, dict(session.context.args), (Upload(code, archive),), ())


def _trainer(description: Description, pipeline: Pipeline, session: Any, code: str) -> Any:
    from sagemaker.core.training.configs import (
        CheckpointConfig,
        Compute,
        Networking,
        OutputDataConfig,
        StoppingCondition,
    )
    from sagemaker.train.model_trainer import ModelTrainer

    target, training = description.target, pipeline.train
    networking = None
    if target.subnets or target.encrypt_traffic:
        networking = Networking(
            subnets=list(target.subnets) or None,
            security_group_ids=list(target.security_groups) or None,
            enable_inter_container_traffic_encryption=target.encrypt_traffic or None,
        )
    return ModelTrainer(
        sagemaker_session=session,
        role=target.role,
        base_job_name="train",
        training_image=training_image(description, training),
        hyperparameters=_hyperparameters(training, code),
        environment=dict(training.environment),
        compute=Compute(
            instance_type=training.instance_type,
            instance_count=1,
            volume_size_in_gb=training.volume_size_gb,
            volume_kms_key_id=target.kms_key,
            enable_managed_spot_training=training.spot,
        ),
        networking=networking,
        stopping_condition=StoppingCondition(
            max_runtime_in_seconds=training.max_runtime,
            max_wait_time_in_seconds=training.max_wait,
        ),
        output_data_config=OutputDataConfig(
            s3_output_path=training.output.rstrip("/"), kms_key_id=target.kms_key
        ),
        checkpoint_config=CheckpointConfig(s3_uri=training.checkpoints)
        if training.checkpoints
        else None,
        tags=[{"key": key, "value": value} for key, value in sorted(target.tags.items())] or None,
    )


def _hyperparameters(training: Training, code: str) -> dict[str, str]:
    """Add what the image's training toolkit goes by: which file to run, and where it is."""
    return {
        **training.hyperparameters,
        "sagemaker_program": training.script.rpartition("/")[2],
        "sagemaker_submit_directory": code,
    }


def _channels(pipeline: Pipeline) -> list[Any]:
    from sagemaker.core.training.configs import InputData

    return [
        InputData(channel_name=name, data_source=source_uri(pipeline, source))
        for name, source in sorted(pipeline.train.inputs.items())
    ]
