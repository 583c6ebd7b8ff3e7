"""What is wrong in a launch.yaml: all of it at once, each with its line and place."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import ProblemsOf, Read
from .texts import GOOD, LIVE

# The lines of the job: one that is appended is line 22.
JOB = "jobs.nightly"
PROD = {"target": "prod"}


def test_every_mistake_is_named_at_once_with_its_line(problems_of: ProblemsOf) -> None:
    text = GOOD.replace("eu-west-1", "Europe", 1).replace("90m", "soon")
    text += "    instance_cuont: 3\n    volume_size_gb: 0\n    spot: true\n"
    problems = problems_of(text)
    assert [(item.line, item.place) for item in problems] == [
        (5, "targets.dev.region"), (20, f"{JOB}.max_runtime"), (22, f"{JOB}.instance_cuont"),
        (23, f"{JOB}.volume_size_gb"), (24, f"{JOB}.spot"),
    ]  # fmt: skip
    said = [f"{item.message} | {item.hint}" for item in problems]
    assert "90m, 2h, 1d" in said[1]
    assert said[2] == "there is no setting 'instance_cuont' | did you mean instance_count?"
    assert "no Spot" in said[4]


@pytest.mark.parametrize(
    ("change", "options", "line", "place", "says"),
    [
        # A line more, or a text in place of another.
        ("max_runtime: 2h", {}, 22, "max_runtime", "stands twice, first in line 20"),
        ("instance_count: true", {}, 22, f"{JOB}.instance_count", ""),
        ("instance_count: x", {}, 22, f"{JOB}.instance_count", ""),
        ("instance_count: 3.5", {}, 22, f"{JOB}.instance_count", ""),
        ("instance_count: " + "9" * 5000, {}, 22, f"{JOB}.instance_count", ""),
        ("event_logs: here", {}, 22, f"{JOB}.event_logs", "; or write false"),
        ("event_logs: [x]", {}, 22, f"{JOB}.event_logs", "; or write false"),
        ("event_logs: true", {}, 22, f"{JOB}.event_logs", "; or write false"),
        ("event_logs: {}", {}, 22, f"{JOB}.event_logs", "; or write false"),
        ('instance_type: "$${x}"', {}, 22, f"{JOB}.instance_type", ""),
        ("inputs: [{name: a, source: x, destination: /opt/ml/processing/../../../tmp}]", {},
         22, f"{JOB}.inputs.0.destination", "'..'"),
        ("configuration: [{Classification: spark-defaults, Properties: {a: b}}]", {},
         17, JOB, "write spark-defaults under spark"),
        ("environment: {DB_PASSWORD: hunter2}", {}, 22, f"{JOB}.environment.DB_PASSWORD",
         "looks like a secret"),
        ("environment: {A: AKIAABCDEFGHIJKLMNOP}", {}, 22, f"{JOB}.environment.A",
         "looks like an AWS access key"),
        (("--seed, 7", '"--token=abcdefgh"'), {}, 19, f"{JOB}.arguments.2", "looks like a secret"),
        (("--seed, 7", '"--api-key", abcdefgh'), {}, 19, f"{JOB}.arguments.3",
         "looks like a secret"),
        (("spark.ui.enabled: false", "spark.app.dbPassword: abcdefgh"), {},
         21, f"{JOB}.spark.spark.app.dbPassword", "looks like a secret"),
        (("--seed, 7", '"${run}"'), {}, 19, f"{JOB}.arguments.2",
         "in the destination of an output, and nowhere else"),
        (("${var.table}/", "${var.table/"), {}, 19, f"{JOB}.arguments.1",
         "lacks its closing brace"),
        (("spark.ui.enabled", '"${var.table}"'), {}, 21, f"{JOB}.spark.${{var.table}}",
         "a key takes no"),
        (("instance_count: 8", "instance_count: 800"), LIVE, 15, f"{JOB}.instance_count", ""),
        (("nightly: {instance_count", "weekly: {instance_count"), LIVE, 15,
         "targets.prod.jobs.weekly", "no job 'weekly' to override"),
        (("nightly: {instance_count", "weekly: {instance_count"), {}, 15,
         "targets.prod.jobs.weekly", "no job 'weekly' to override"),
        (("", ""), PROD, 12, "targets.prod.bucket", "PROD_BUCKET is not set"),
        (('[prepare, "s3://${target.bucket}/${var.table}/", --seed, 7]', "prepare x"), {},
         19, f"{JOB}.arguments", "a list"),
        (("kind: spark", "kind: pyspark"), {}, 18, f"{JOB}.kind",
         "it is 'spark', 'sklearn' or 'container'"),
        (("    kind: spark\n", ""), {}, 17, f"{JOB}.kind", "is missing"),
        (("    region: eu-west-1\n    account", "    account"), {}, 4, "targets.dev.region",
         "is missing"),
        (("spark: {spark.sql.shuffle.partitions: 20, spark.ui.enabled: false}", "spark: a"), {},
         21, f"{JOB}.spark", "name:"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_place(
    problems_of: ProblemsOf, change: Any, options: Any, line: int, place: str, says: str
) -> None:
    if isinstance(change, tuple):
        assert change[0] in GOOD
        text = GOOD.replace(*change, 1)
    else:
        text = f"{GOOD}    {change}\n"
    (only,) = problems_of(text, **options)
    assert (only.line, only.place) == (line, place)
    assert says in only.message
    assert "tuple" not in only.message
    assert len(only.message) < 200


def test_equal_mistakes_at_several_places_are_all_named(problems_of: ProblemsOf) -> None:
    problems = problems_of(GOOD.replace("--seed, 7", "'${var.x}', '${var.x}'"))
    assert [item.place for item in problems] == [f"{JOB}.arguments.2", f"{JOB}.arguments.3"]


def test_missing_parts_are_all_named(problems_of: ProblemsOf) -> None:
    problems = problems_of("targets: {dev: {}}\njobs: {a: {}}\n")
    assert {item.place for item in problems} == {
        "project", "targets.dev.region", "targets.dev.role", "targets.dev.bucket", "jobs.a.kind",
    }  # fmt: skip


def test_a_long_secret_is_not_printed(problems_of: ProblemsOf) -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----" + "x" * 400
    (only,) = problems_of(f"{GOOD}    environment: {{CERT: '{key}'}}\n")
    assert "looks like a private key" in only.message
    assert "xxx" not in str(only)


@pytest.mark.parametrize(
    "line",
    [
        "environment: {DB_SECRET: 'arn:aws:secretsmanager:eu-west-1:1:secret:x'}",
        "environment: {TOKENIZER: words, MAX_TOKENS: 5, KEY_COLUMN: id}",
    ],
)
def test_what_only_sounds_like_a_secret_is_taken(read: Read, line: str) -> None:
    assert read(f"{GOOD}    {line}\n").job("nightly").environment


@pytest.mark.parametrize(
    ("text", "last_line", "message"),
    [
        ("project: [", 2, "not YAML"),
        ("", 1, "needs project, targets, jobs"),
        ("- a\n", 1, "needs project, targets, jobs"),
        ("project: \tx\n  y: z", 2, "not YAML"),
        ("targets: [dev]\n", 1, "must hold settings"),
        ("? [a]\n: b\n", 1, "a key must be a plain text"),
        ("a: &a [*a]\n", 1, "refers to itself"),
        ("a: " + "[" * 3000 + "]" * 3000, 1, "nested too deeply"),
        ("a: b\0c\n", 1, "not YAML"),
        ("variables: {1: a}\njobs: {a: {kind: '${var.x}'}}\n", 2, "there is 1"),
    ],
)
def test_what_is_no_launch_yaml_is_told_so(
    problems_of: ProblemsOf, text: str, last_line: int, message: str
) -> None:
    problems = problems_of(text)
    assert message in " ".join(item.message for item in problems)
    assert all(item.line <= last_line for item in problems)
