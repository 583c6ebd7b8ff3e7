"""What launch.yaml may say. Limits are the API's own, so that an editor shows them too."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

JOB_NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _seconds(value: object) -> object:
    """Read ``90m``, ``2h``, ``1d`` or a number of seconds."""
    if isinstance(value, str):
        found = re.fullmatch(r"(\d+)\s*([smhd]?)", value.strip())
        if not found:
            raise ValueError(f"{value!r} is no duration; write seconds, or 90m, 2h, 1d")
        return int(found[1]) * _UNITS[found[2] or "s"]
    return value


def _text(value: object) -> object:
    """Take numbers and truth values as the text a command line or a setting has."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value


def _no_climbing(value: str) -> str:
    if ".." in value.split("/"):
        raise ValueError(f"{value!r} must not hold '..'")
    return value


def _false(value: object) -> object:
    """Read ``false`` as the truth value it is."""
    return False if value == "false" else value


def _uri(value: str) -> str:
    found = re.match(r"([a-z0-9]+)://", value)
    if found and found[1] != "s3":
        raise ValueError(f"{value!r} must start with s3://, as SageMaker has it; not {found[0]}")
    return value


Text = Annotated[str, BeforeValidator(_text)]
Key = Annotated[str, StringConstraints(min_length=1)]
Argument = Annotated[Text, StringConstraints(max_length=256)]
_BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
S3Uri = Annotated[str, StringConstraints(pattern=rf"^s3://{_BUCKET}(/.*)?$", max_length=1024)]
LocalOrS3 = Annotated[str, AfterValidator(_uri), StringConstraints(min_length=1, max_length=1024)]
Seconds = Annotated[
    int,
    BeforeValidator(_seconds, json_schema_input_type=Union[int, str]),
    Field(ge=1, le=777_600),
]
ContainerPath = Annotated[
    str,
    AfterValidator(_no_climbing),
    StringConstraints(pattern=r"^/opt/ml/processing/.+", max_length=256),
]
Name = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", max_length=40)]


class Model(BaseModel):
    """A part of launch.yaml: no unknown keys, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(Model):
    """A file or prefix that every host finds below ``destination``."""

    name: Name
    source: LocalOrS3 = Field(description="s3://… or a local file or folder, which is uploaded")
    destination: ContainerPath
    distribution: Literal["replicated", "sharded"] = Field(
        "replicated", description="sharded: each host gets its part of the objects"
    )


class Output(Model):
    """A folder of each host that is uploaded to S3."""

    name: Name
    source: ContainerPath
    destination: S3Uri
    upload: Literal["end", "continuous"] = "end"


class Data(Model):
    """A file that is copied to S3 before the job starts, where it is not there yet."""

    source: str = Field(description="a local file, or sample:flights for the sample data")
    destination: S3Uri


class Classification(Model):
    """An EMR-style part of configuration.json, such as core-site."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid", frozen=True)
    classification: str = Field(alias="Classification")
    properties: dict[str, Text] = Field(default_factory=dict, alias="Properties")
    configurations: tuple[Classification, ...] = Field((), alias="Configurations")


class SparkJob(Model):
    """A Spark job in SageMaker's own Spark image."""

    kind: Literal["spark"]
    description: str = ""
    app: str = Field("jobs/main.py", max_length=200, description="the script that Spark starts")
    arguments: tuple[Argument, ...] = Field((), max_length=100)
    instance_type: Annotated[str, StringConstraints(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9-]+$")] = (
        "ml.m5.xlarge"
    )
    instance_count: int = Field(1, ge=1, le=100)
    volume_size_gb: int = Field(30, ge=1, le=16_384)
    max_runtime: Seconds = Field(
        3600, description="the job is stopped after it: seconds, or 90m, 2h, 1d"
    )
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
    environment: dict[Key, Annotated[Text, StringConstraints(max_length=256)]] = Field(
        default_factory=dict, max_length=100
    )
    inputs: tuple[Input, ...] = Field((), max_length=10)
    outputs: tuple[Output, ...] = Field((), max_length=10)
    data: tuple[Data, ...] = Field((), description="files copied to S3 first, where missing")
    event_logs: Annotated[S3Uri | Literal[False] | None, BeforeValidator(_false)] = Field(
        None, description="prefix of Spark's event logs (default: the target's); false: none"
    )
    network_isolation: bool = False
    tags: dict[Key, Text] = Field(default_factory=dict)

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


# One kind so far; a second becomes a union told apart by ``kind``.
Job = SparkJob


class Target(Model):
    """Where jobs run and keep their files: an account, a region, a bucket, a role."""

    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    account: Annotated[Text, StringConstraints(pattern=r"^\d{12}$")] | None = None
    role: Annotated[
        str, StringConstraints(pattern=r"^arn:aws[a-z\-]*:iam::\d{12}:role/[\w+=,.@/-]+$")
    ]
    bucket: Annotated[str, StringConstraints(pattern=rf"^{_BUCKET}$")]
    prefix: Annotated[str, StringConstraints(pattern=r"^[\w!.*'()/-]*$")] = ""
    endpoint_url: str | None = Field(None, description="another service that speaks AWS's protocol")
    profile: str | None = Field(None, description="of ~/.aws/config; default: the usual chain")
    kms_key: str | None = Field(None, description="encrypts volumes, uploads and outputs")
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()
    encrypt_traffic: bool = Field(False, description="between the hosts of a job")
    tags: dict[Key, Text] = Field(default_factory=dict)
    variables: dict[str, Text] = Field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="settings of jobs that differ in this target"
    )

    @model_validator(mode="after")
    def _network_whole(self) -> Target:
        if bool(self.subnets) != bool(self.security_groups):
            raise ValueError("subnets and security_groups go together: give both or neither")
        return self


class Project(Model):
    """The whole of launch.yaml."""

    project: Name
    variables: dict[str, Text] = Field(default_factory=dict)
    targets: dict[Name, Target] = Field(min_length=1)
    jobs: dict[Name, Job] = Field(min_length=1)
