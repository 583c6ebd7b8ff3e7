"""Check settings that the image fixes, breaks on, or does not have."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from launch.check.case import Case, SparkCase, flat
from launch.check.finding import Finding, Level, error, warning
from launch.description.model import Classification

# Those of the image's configuration.py; "export" stands inside the *-env ones.
CLASSIFICATIONS = (
    "core-site",
    "hadoop-env",
    "hadoop-log4j",
    "hive-env",
    "hive-exec-log4j",
    "hive-log4j",
    "hive-site",
    "spark-defaults",
    "spark-env",
    "spark-hive-site",
    "spark-log4j",
    "spark-metrics",
    "yarn-env",
    "yarn-site",
    "export",
)
_SPOT = r"(?<![a-z])spot(?![a-z])|managed_?spot|spot_?(instance|training|price)"


@dataclass(frozen=True)
class _Rule:
    """What a Spark setting does there; ``value`` limits the rule to that one."""

    level: Level
    message: str
    hint: str
    value: str | None = None


_BY_IMAGE = "the image starts spark-submit --master yarn --deploy-mode client; this changes nothing"
_EVENT_LOG = "the image sets it itself for event_logs; set by hand, logs may never reach S3"
_RULES = {
    "spark.eventLog.rolling.enabled": _Rule(
        "error",
        "the image copies event logs as single files, and stops at the folder of a rolling one",
        "remove it",
        value="true",
    ),
    "spark.eventLog.dir": _Rule("warning", _EVENT_LOG, "event_logs: s3://…"),
    "spark.eventLog.enabled": _Rule("warning", _EVENT_LOG, "event_logs: s3://…, or false"),
    "spark.master": _Rule("error", _BY_IMAGE, "remove it"),
    "spark.submit.deployMode": _Rule("error", _BY_IMAGE, "remove it"),
    "spark.jars.packages": _Rule(
        "warning",
        "each run fetches these over the network, and fails without it",
        "jars: [group:artifact:version], fetched once, here",
    ),
    "spark.dynamicAllocation.enabled": _Rule(
        "warning",
        "the hosts are paid for until the end either way, and without an external shuffle "
        "service Spark wants more settings for it",
        "remove it: every host has its executors from the start",
        value="true",
    ),
}


def spark_settings(case: SparkCase) -> Iterator[Finding]:
    """Check the Spark settings that do not do here what they do elsewhere."""
    for place, key, value in case.setting_places():
        rule = _RULES.get(key)
        if rule and rule.value in (None, value.strip().lower()):
            yield Finding(rule.level, place, f"{key}: {rule.message}", rule.hint)


def unknown_keys(case: SparkCase) -> Iterator[Finding]:
    """Check that settings are Spark's: it passes others over."""
    for place, key, _ in case.setting_places():
        if not key.startswith("spark."):
            hint = f"spark.{key}, or spark.hadoop.{key} for one of Hadoop's"
            yield warning(place, f"Spark ignores {key}: its settings start with spark.", hint)


def spot(case: Case) -> Iterator[Finding]:
    """Refuse wishes for Spot machines, which would be passed on and do nothing."""
    places = [(case.at("spark", key), key) for key in getattr(case.job, "spark", ())]
    places += [(case.at("environment", key), key) for key in case.job.environment]
    for place, key in places:
        if re.search(_SPOT, key.lower()):
            yield error(
                place,
                f"{key}: processing jobs have no Spot; the API has no field for it, and the full "
                "price is paid",
                "remove it; only training jobs have Spot",
            )


def network_isolation(case: SparkCase) -> Iterator[Finding]:
    """Refuse network isolation: Spark reaches S3 by itself, and its hosts each other."""
    if case.job.network_isolation:
        yield error(
            case.at("network_isolation"),
            "an isolated container gets no credentials and reaches no S3: Spark fails",
            "false; subnets and security_groups of the target close the network instead",
        )


def classifications(case: SparkCase) -> Iterator[Finding]:
    """Check the names of configuration files, and that those of variables have an export."""
    place = case.at("configuration")
    for part in flat(case.job.configuration):
        name = part.classification
        if name not in CLASSIFICATIONS:
            near = difflib.get_close_matches(name, CLASSIFICATIONS, 1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(CLASSIFICATIONS)}"
            yield error(place, f"the image has no configuration file {name!r}", hint)
        elif name.endswith("-env") and not _exports(part):
            yield error(
                place,
                f"{name} takes its variables from a nested classification, export",
                f"{{Classification: {name}, Configurations: [{{Classification: export, "
                "Properties: {…}}]}",
            )


def _exports(part: Classification) -> bool:
    return {inner.classification for inner in part.configurations} == {"export"}
