"""The kinds of jobs that launch.yaml may describe, told apart by ``kind``."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Union

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from launch.description.parts import (
    Argument,
    Classification,
    Data,
    Input,
    Key,
    Model,
    Output,
    S3Uri,
    ScriptPath,
    Seconds,
    Text,
)

_PINNED = r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.!+]+"


def _false(value: object) -> object:
    """Read ``false`` as the truth value it is."""
    return False if value == "false" else value


class BaseJob(Model):
    """What every kind of job has: machines, arguments, and what goes in and out."""

    description: str = ""
    arguments: tuple[Argument, ...] = Field((), max_length=100)
    instance_type: Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$")] = (
        "ml.m5.xlarge"
    )
    instance_count: int = Field(1, ge=1, le=100)
    volume_size_gb: int = Field(30, ge=1, le=16_384)
    max_runtime: Seconds = Field(
        3600, description="the job is stopped after it: seconds, or 90m, 2h, 1d"
    )
    environment: dict[Key, Annotated[Text, StringConstraints(max_length=256)]] = Field(
        default_factory=dict, max_length=100
    )
    inputs: tuple[Input, ...] = Field((), max_length=10)
    outputs: tuple[Output, ...] = Field((), max_length=10)
    data: tuple[Data, ...] = Field((), description="files copied to S3 first, where missing")
    network_isolation: bool = False
    tags: dict[Key, Text] = Field(default_factory=dict)


class SparkJob(BaseJob):
    """A Spark job in SageMaker's own Spark image."""

    kind: Literal["spark"]
    app: str = Field("jobs/main.py", max_length=200, description="the script that Spark starts")
    framework_version: Text = "3.5"
    py_version: Literal["py39", "py312"] | None = "py312"
    container_version: Text | None = "1.3"
    image_uri: str | None = Field(None, description="an image of your own instead of the versions")
    spark: dict[Key, Text] = Field(
        default_factory=dict, description="Spark settings, as in spark-defaults.conf"
    )
    configuration: tuple[Classification, ...] = Field(
        (), description="more of Hadoop's and Spark's configuration files"
    )
    jars: tuple[str, ...] = Field(
        (), description="Maven coordinates (group:artifact:version), local files, or s3:// only"
    )
    event_logs: Annotated[S3Uri | Literal[False] | None, BeforeValidator(_false)] = Field(
        None, description="prefix of Spark's event logs (default: the target's); false: none"
    )

    @property
    def adds_delta(self) -> bool:
        """Whether Delta's jars are added: an argument asks for Delta, and no jar looks like it."""
        words = [word for text in self.arguments for word in text.split("=", 1)]
        asked = any(
            option in ("--format", "--input-format") and value == "delta"
            for option, value in zip(words, words[1:])
        )
        return asked and not any("delta-spark" in jar for jar in self.jars)

    @model_validator(mode="after")
    def _versions_together(self) -> SparkJob:
        if any(part.classification == "spark-defaults" for part in self.configuration):
            raise ValueError("write spark-defaults under spark: two places could disagree")
        if not self.image_uri and (self.py_version is None) != (self.container_version is None):
            raise ValueError("py_version and container_version go together: give both or neither")
        return self


class SklearnJob(BaseJob):
    """A job of one machine in SageMaker's own scikit-learn image."""

    kind: Literal["sklearn"]
    app: ScriptPath = Field("jobs/main.py", description="the script that python3 starts")
    framework_version: Text = Field("1.4-2", description="of the image, as the SDK lists them")
    python_version: Text = Field(
        "3.10", description="the image's Python, for which packages are chosen"
    )
    image_uri: str | None = Field(None, description="an image of your own instead of the version")
    packages: tuple[str, ...] = Field(
        (),
        max_length=50,
        description="NAME==VERSION of pure-Python packages that the image lacks, sent along "
        "without what they depend on",
    )

    @field_validator("instance_count")
    @classmethod
    def _one_host(cls, value: int) -> int:
        if value != 1:
            raise ValueError(
                f"a scikit-learn job runs on one host; each of {value} would do the whole "
                "job and upload the same outputs over the others'. Choose a larger instance_type, "
                "or kind: spark"
            )
        return value

    @field_validator("packages")
    @classmethod
    def _pinned(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        loose = [text for text in value if not re.fullmatch(_PINNED, text)]
        if loose:
            raise ValueError(
                f"write NAME==VERSION, such as skops==0.16.0: what runs must not change by itself; "
                f"not {', '.join(loose)}"
            )
        return value


class ContainerJob(BaseJob):
    """A job in any image of the user's own."""

    kind: Literal["container"]
    image_uri: Annotated[str, StringConstraints(min_length=1, max_length=255)] = Field(
        description="ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG"
    )
    command: tuple[Argument, ...] = Field(
        (),
        max_length=100,
        description="what the container starts; with a script, that is added (default: python3)",
    )
    script: ScriptPath | None = Field(
        None, description="a local file, or one in source_dir, which the command runs"
    )
    source_dir: str | None = Field(None, description="a local folder that is sent whole")
    bundle: bool = Field(
        False, description="send jobs/, transforms/ and schemas/, and put them on PYTHONPATH"
    )

    @property
    def starts(self) -> tuple[str, ...]:
        """Return the command before the script; nothing where the image's own entrypoint runs."""
        return self.command or (("python3",) if self.script else ())

    @model_validator(mode="after")
    def _code_together(self) -> ContainerJob:
        if self.source_dir and not self.script:
            raise ValueError("source_dir needs script: which of its files the command runs")
        return self


Job = Annotated[Union[SparkJob, SklearnJob, ContainerJob], Field(discriminator="kind")]
KINDS = ("spark", "sklearn", "container")
