"""The parts that settings of launch.yaml are made of. Limits are the API's own."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

JOB_NAME = r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def read_seconds(value: object) -> object:
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


def _uri(value: str) -> str:
    found = re.match(r"([a-z0-9]+)://", value)
    if found and found[1] != "s3":
        raise ValueError(f"{value!r} must start with s3://, as SageMaker has it; not {found[0]}")
    return value


# An editor that reads the schema must not underline the 15 of positive-above: 15.
Text = Annotated[str, BeforeValidator(_text, json_schema_input_type=Union[str, int, float, bool])]
Key = Annotated[str, StringConstraints(min_length=1)]
Argument = Annotated[Text, StringConstraints(max_length=256)]
BUCKET = r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
S3Uri = Annotated[str, StringConstraints(pattern=rf"^s3://{BUCKET}(/.*)?$", max_length=1024)]
LocalOrS3 = Annotated[str, AfterValidator(_uri), StringConstraints(min_length=1, max_length=1024)]
Seconds = Annotated[
    int,
    BeforeValidator(read_seconds, json_schema_input_type=Union[int, str]),
    Field(ge=1, le=777_600),
]
ContainerPath = Annotated[
    str,
    AfterValidator(_no_climbing),
    StringConstraints(pattern=r"^/opt/ml/processing/.+", max_length=256),
]
# It becomes part of the entrypoint, and the SDK reads it as an address: no blanks, no accents.
ScriptPath = Annotated[
    str,
    AfterValidator(_no_climbing),
    StringConstraints(pattern=r"^[A-Za-z0-9_./-]+$", max_length=200),
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
    destination: S3Uri = Field(
        description="s3://…; ${run} in it becomes the run's name, so that each run has its own"
    )
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
