"""The job that is checked, and what several checks want to know about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from launch.description.load import Description
from launch.description.model import (
    BaseJob,
    Classification,
    ContainerJob,
    SklearnJob,
    SparkJob,
    Target,
)

JarKind = Literal["s3", "maven", "local"]


@dataclass(frozen=True)
class Case:
    """A job of a description, with its name."""

    description: Description
    name: str

    @property
    def job(self) -> BaseJob:
        """The job itself."""
        return self.description.jobs[self.name]

    @property
    def target(self) -> Target:
        """The target that the job would run in."""
        return self.description.target

    def at(self, *parts: object) -> str:
        """Spell a place in the job: ``jobs.prepare.inputs.0.source``."""
        return ".".join(("jobs", self.name, *map(str, parts)))

    def at_target(self, *parts: object) -> str:
        """Spell a place in the target: ``targets.dev.kms_key``."""
        return ".".join(("targets", self.description.target_name, *map(str, parts)))


class SparkCase(Case):
    """A job for Spark's image."""

    @property
    def job(self) -> SparkJob:
        """The job itself."""
        return cast(SparkJob, super().job)

    @property
    def spark(self) -> dict[str, str]:
        """All Spark settings. The model refuses a second place for them in ``configuration``."""
        return dict(self.job.spark)

    def properties(self, classification: str) -> dict[str, str]:
        """Return the properties of one classification of ``configuration``."""
        return {
            key: value
            for part in self.job.configuration
            if part.classification == classification
            for key, value in part.properties.items()
        }

    def setting_places(self) -> list[tuple[str, str, str]]:
        """Return every Spark setting with its place: (place, key, value)."""
        return [(self.at("spark", key), key, value) for key, value in self.job.spark.items()]


class SklearnCase(Case):
    """A job for the scikit-learn image."""

    @property
    def job(self) -> SklearnJob:
        """The job itself."""
        return cast(SklearnJob, super().job)


class ContainerCase(Case):
    """A job for an image of the user's own."""

    @property
    def job(self) -> ContainerJob:
        """The job itself."""
        return cast(ContainerJob, super().job)


def jar_kind(jar: str) -> JarKind:
    """Tell an address in S3, Maven coordinates and a local file apart."""
    if jar.startswith("s3://"):
        return "s3"
    return "maven" if ":" in jar else "local"


def flat(parts: tuple[Classification, ...]) -> list[Classification]:
    """Return classifications with those nested in them."""
    return [item for part in parts for item in (part, *flat(part.configurations))]
