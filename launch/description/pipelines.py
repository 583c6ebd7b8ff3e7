"""Chains of jobs: prepare, train, evaluate, and a model that is registered if it is good enough."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Optional, Union

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from launch.description.jobs import BaseJob, ContainerJob, SklearnJob, SparkJob
from launch.description.parts import Argument, Key, Model, Name, S3Uri, ScriptPath, Seconds, Text
from launch.description.schedules import Days

# What the job `evaluate` writes into evaluation.json, besides figures of several classes.
METRICS = (
    "accuracy", "precision", "recall", "f1", "f0_5", "f2", "auc_roc", "pr_auc", "log_loss", "brier",
)  # fmt: skip
_OF_CLASSES = ("_macro", "_weighted")
_PINNED = r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+]+"

Source = Annotated[str, StringConstraints(pattern=r"^(model|prepared/[\w./-]*)$")]
Group = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=63)]


class JobStep(Model):
    """A job of launch.yaml as a step."""

    job: Name
    arguments: tuple[Argument, ...] = Field((), description="more of them, behind the job's own")
    inputs: dict[Name, Source] = Field(
        default_factory=dict,
        description="what an input of the job reads here instead: prepared/…, or model",
    )


def _step(value: object) -> object:
    """Take a job's name alone for the whole of a step."""
    return {"job": value} if isinstance(value, str) else value


Step = Annotated[JobStep, BeforeValidator(_step, json_schema_input_type=Union[str, JobStep])]


class Training(Model):
    """A training job in SageMaker's scikit-learn image: the one place where Spot exists."""

    script: ScriptPath = Field(description="a local file; SageMaker's script mode runs it")
    output: S3Uri = Field(description="model.tar.gz goes below it, to a folder for each job")
    inputs: dict[Name, Source] = Field(
        default_factory=lambda: {"train": "prepared/train/"},
        description="channels: the script finds NAME where SM_CHANNEL_NAME says",
        min_length=1,
        max_length=20,
    )
    hyperparameters: dict[Key, Annotated[Text, StringConstraints(max_length=2500)]] = Field(
        default_factory=dict,
        max_length=90,
        description="become arguments: positive-above: 15 is --positive-above 15",
    )
    environment: dict[Key, Annotated[Text, StringConstraints(max_length=256)]] = Field(
        default_factory=dict, max_length=100
    )
    framework_version: Text = Field("1.4-2", description="of the image, as the SDK lists them")
    python_version: Text = Field("3.10", description="the image's, for which packages are chosen")
    packages: tuple[str, ...] = Field(
        (), max_length=50, description="NAME==VERSION of pure-Python packages that the image lacks"
    )
    instance_type: Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$")] = (
        "ml.m5.xlarge"
    )
    volume_size_gb: int = Field(30, ge=1, le=16_384)
    spot: bool = Field(False, description="spare machines: cheaper, and they may be taken away")
    max_runtime: Seconds = Field(3600, description="of training alone: seconds, or 90m, 2h, 1d")
    max_wait: Seconds | None = Field(
        None, description="with spot: training and the wait for machines together"
    )
    checkpoints: S3Uri | None = Field(
        None, description="with spot: /opt/ml/checkpoints is kept there when a machine is taken"
    )

    @field_validator("packages")
    @classmethod
    def _pinned(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        loose = [text for text in value if not re.fullmatch(_PINNED, text)]
        if loose:
            raise ValueError(f"write NAME==VERSION, such as skops==0.16.0; not {', '.join(loose)}")
        return value

    @field_validator("hyperparameters")
    @classmethod
    def _free_names(cls, value: dict[str, str]) -> dict[str, str]:
        taken = [name for name in value if name.startswith("sagemaker_")]
        if taken:
            raise ValueError(f"{taken[0]}: names that start with sagemaker_ are SageMaker's own")
        return value

    @model_validator(mode="after")
    def _spot_whole(self) -> Training:
        if not self.spot and (self.max_wait or self.checkpoints):
            name = "max_wait" if self.max_wait else "checkpoints"
            raise ValueError(f"{name} is about spot: write spot: true, or remove it")
        if self.spot and self.max_wait is None:
            raise ValueError("spot needs max_wait: how long training and waiting may take together")
        if self.max_wait is not None and self.max_wait < self.max_runtime:
            raise ValueError(
                f"max_wait ({self.max_wait} s) is shorter than max_runtime ({self.max_runtime} s), "
                "which it includes"
            )
        return self


class Condition(Model):
    """What a figure of the evaluation has to be for the model to be registered."""

    metric: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][\w.]*$")] = Field(
        description="its name in the report; with dots, a path into it"
    )
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    report: Annotated[str, StringConstraints(pattern=r"^[\w./-]+\.json$")] = Field(
        "evaluation.json", description="the file that evaluate leaves in its output"
    )
    output: Name | None = Field(None, description="which output of evaluate has it, of several")

    @model_validator(mode="after")
    def _one_limit(self) -> Condition:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("give one limit: at_least, or at_most")
        name = self.metric
        for ending in _OF_CLASSES:
            name = name.removesuffix(ending)
        if "." not in name and name not in METRICS:
            near = difflib.get_close_matches(name, METRICS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(METRICS)}"
            raise ValueError(f"metric {self.metric!r} is not one that evaluate writes; {hint}")
        return self


class Registration(Model):
    """Where a model that passed goes in the model registry."""

    group: Group = Field(description="the model package group; made where there is none")
    approval: Literal["PendingManualApproval", "Approved", "Rejected"] = "PendingManualApproval"
    instance_types: tuple[str, ...] = Field(
        ("ml.m5.large", "ml.m5.xlarge"), description="on which it may answer requests"
    )


def _false(value: object) -> object:
    return False if value == "false" else value


class Pipeline(Model):
    """One chain. ``launch pipeline`` renders and starts it."""

    description: str = ""
    input: S3Uri = Field(
        description="what prepare reads; wherever it stands in that job, the parameter Input does"
    )
    prepared: S3Uri = Field(
        description="what prepare writes; here each input's rows get a folder of their own below it"
    )
    prepare: Step
    train: Training
    evaluate: Step
    condition: Condition
    register_: Registration = Field(alias="register")
    cache: Annotated[
        Union[Days, Literal[False]],
        BeforeValidator(_false, json_schema_input_type=Union[int, str, Literal[False]]),
    ] = Field(30, description="for how many days a step with equal inputs is not run again")

    @model_validator(mode="after")
    def _folders_apart(self) -> Pipeline:
        if not self.prepared.endswith("/"):
            raise ValueError(f"prepared: {self.prepared} is a folder: write a slash at its end")
        if self.prepared.startswith(self.input):
            raise ValueError(
                f"prepared ({self.prepared}) lies below input ({self.input}): what one run writes "
                "would be the next one's input"
            )
        return self

    def check_jobs(self, name: str, jobs: Mapping[str, BaseJob]) -> None:
        """Raise ValueError where the jobs do not fit the chain."""
        here = f"pipelines.{name}"
        prepare = _job(f"{here}.prepare", self.prepare, jobs, (SparkJob, SklearnJob))
        texts = [*prepare.arguments, *self.prepare.arguments]
        reads = [*texts, *(item.source for item in prepare.inputs)]
        writes = [*texts, *(item.destination for item in prepare.outputs)]
        for setting, value, places in (
            ("input", self.input, reads),
            ("prepared", self.prepared, writes),
        ):
            if not any(value in text for text in places):
                raise ValueError(
                    f"{here}.{setting}: {value} stands nowhere in the job {self.prepare.job}, so "
                    "the pipeline could not replace it; write what the job has"
                )
        evaluate = _job(f"{here}.evaluate", self.evaluate, jobs, (SklearnJob, ContainerJob))
        outputs = [item.name for item in evaluate.outputs]
        if self.condition.output not in (None, *outputs) or not outputs:
            raise ValueError(
                f"{here}.condition.output: the job {self.evaluate.job} has no output "
                f"{self.condition.output or 'that could hold the report'!r}"
            )
        if len(outputs) > 1 and self.condition.output is None:
            raise ValueError(
                f"{here}.condition: the job {self.evaluate.job} has several outputs; say which one "
                f"has the report: output: {outputs[0]}"
            )


def _job(
    here: str, step: JobStep, jobs: Mapping[str, BaseJob], kinds: tuple[type[BaseJob], ...]
) -> BaseJob:
    if step.job not in jobs:
        near = difflib.get_close_matches(step.job, jobs, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(jobs)}"
        raise ValueError(f"{here}: there is no job {step.job!r}; {hint}")
    job = jobs[step.job]
    if not isinstance(job, kinds):
        wanted = " or ".join(kind.__name__.removesuffix("Job").lower() for kind in kinds)
        raise ValueError(f"{here}: the job {step.job} must be of kind {wanted}")
    names = [item.name for item in job.inputs]
    for wrong in [name for name in step.inputs if name not in names]:
        has = ", ".join(names) or "none"
        raise ValueError(f"{here}.inputs: the job {step.job} has no input {wrong!r}; it has: {has}")
    return job
