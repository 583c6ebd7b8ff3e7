"""What YAML and people make of a launch.yaml: scalars, merges, references, hostile forms."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.description.load import Description, load
from launch.errors import DescriptionError, LaunchError

GOOD = """\
project: shop
variables: {table: orders}
targets:
  dev:
    region: eu-west-1
    account: 123456789012
    role: arn:aws:iam::${target.account}:role/etl
    bucket: shop-${target.name}
  prod:
    region: eu-west-1
    role: arn:aws:iam::210987654321:role/etl
    bucket: ${env.PROD_BUCKET}
    variables: {table: orders_all}
    jobs:
      nightly: {instance_count: 8, spark: {spark.sql.shuffle.partitions: 400}}
jobs:
  nightly:
    kind: spark
    arguments: [prepare, "s3://${target.bucket}/${var.table}/", --seed, 7]
    max_runtime: 90m
    spark: {spark.sql.shuffle.partitions: 20, spark.ui.enabled: false}
"""


def read(folder: Path, text: str, **options: object) -> Description:
    file = folder / "launch.yaml"
    file.write_text(text)
    return load(file, **{"environment": {}, **options})  # type: ignore[arg-type]


def problems_of(folder: Path, text: str, **options: object) -> list[tuple[int, str, str]]:
    with pytest.raises(DescriptionError) as caught:
        read(folder, text, **options)
    return [(item.line, item.place, item.message) for item in caught.value.problems]


def test_unquoted_scalars_keep_their_text(tmp_path: Path) -> None:
    text = GOOD.replace(
        "arguments: [prepare,", "arguments: [12:30, 010, 3.10, no, 2026-11-23, true,"
    )
    text += "    environment: {ID: 0123, ON: yes}\n    framework_version: 3.10\n"
    job = read(tmp_path, text).job("nightly")
    assert job.arguments[:6] == ("12:30", "010", "3.10", "no", "2026-11-23", "true")
    assert job.environment == {"ID": "0123", "ON": "yes"}
    assert job.framework_version == "3.10"


@pytest.mark.parametrize("value", ["true", "x", "3.5", "9" * 5000])
def test_a_number_must_be_one(tmp_path: Path, value: str) -> None:
    ((line, place, message),) = problems_of(tmp_path, GOOD + f"    instance_count: {value}\n")
    assert (line, place) == (22, "jobs.nightly.instance_count")
    assert len(message) < 200


def test_event_logs_may_be_switched_off(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD + "    event_logs: false\n").job("nightly").event_logs is False


@pytest.mark.parametrize("value", ["here", "[x]", "true", "{}"])
def test_a_value_that_no_branch_of_a_choice_takes_is_told_once(tmp_path: Path, value: str) -> None:
    ((line, place, message),) = problems_of(tmp_path, GOOD + f"    event_logs: {value}\n")
    assert (line, place) == (22, "jobs.nightly.event_logs")
    assert message.endswith("; or write false")


def test_a_merge_key_gives_way_to_the_mappings_own_keys(tmp_path: Path) -> None:
    text = GOOD.replace("  dev:\n", "  dev: &dev\n").partition("  prod:\n")
    jobs = text[2][text[2].index("jobs:\n  nightly:\n    kind") :]
    merged = text[0] + "  prod:\n    <<: *dev\n    bucket: shop-live\n" + jobs
    prod = read(tmp_path, merged, target="prod")
    assert (prod.target.bucket, prod.target.region) == ("shop-live", "eu-west-1")
    assert prod.target.account == "123456789012"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("targets: [dev]\n", "must hold settings"),
        ("? [a]\n: b\n", "a key must be a plain text"),
        ("a: &a [*a]\n", "refers to itself"),
        ("a: " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("a: b\0c\n", "not YAML"),
        ("variables: {1: a}\njobs: {a: {kind: '${var.x}'}}\n", "there is 1"),
    ],
)
def test_hostile_yaml_is_told_so(tmp_path: Path, text: str, message: str) -> None:
    assert message in " ".join(found for _, _, found in problems_of(tmp_path, text))


def test_equal_errors_at_several_places_are_all_named(tmp_path: Path) -> None:
    text = GOOD.replace("--seed, 7", "'${var.x}', '${var.x}'")
    assert [place for _, place, _ in problems_of(tmp_path, text)] == [
        "jobs.nightly.arguments.2",
        "jobs.nightly.arguments.3",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("${var.table}/", "${var.table/", "lacks its closing brace"),
        ("--seed", "$${x}", None),
        ("spark.ui.enabled", "${var.table}", "a key takes no"),
    ],
)
def test_references_that_are_none(tmp_path: Path, old: str, new: str, message: str | None) -> None:
    text = GOOD.replace(old, f'"{new}"' if old != "${var.table}/" else new)
    if message is None:
        assert "${x}" in read(tmp_path, text).job("nightly").arguments
    else:
        assert message in problems_of(tmp_path, text)[0][2]


def test_an_escaped_reference_is_checked_like_any_text(tmp_path: Path) -> None:
    text = GOOD + '    instance_type: "$${x}"\n'
    ((_, place, _),) = problems_of(tmp_path, text)
    assert place == "jobs.nightly.instance_type"


def test_a_variable_nobody_defined_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match=r"--var tabel: .* it has: table"):
        read(tmp_path, GOOD, variables={"tabel": "x"})


def test_climbing_out_of_the_folders_is_refused(tmp_path: Path) -> None:
    text = GOOD + (
        "    inputs: [{name: a, source: x, destination: /opt/ml/processing/../../../tmp}]\n"
    )
    ((_, place, message),) = problems_of(tmp_path, text)
    assert place == "jobs.nightly.inputs.0.destination"
    assert "'..'" in message


def test_spark_settings_have_one_place(tmp_path: Path) -> None:
    text = GOOD + "    configuration: [{Classification: spark-defaults, Properties: {a: b}}]\n"
    ((_, _, message),) = problems_of(tmp_path, text)
    assert "write spark-defaults under spark" in message


def test_a_long_secret_is_not_printed(tmp_path: Path) -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----" + "x" * 400
    found = problems_of(tmp_path, GOOD + f"    environment: {{CERT: '{key}'}}\n")
    assert "looks like a private key" in found[0][2]
    assert "xxx" not in str(found)


def test_an_override_of_no_job_shows_in_every_target(tmp_path: Path) -> None:
    text = GOOD.replace("nightly: {instance_count", "weekly: {instance_count")
    found = problems_of(tmp_path, text, target="dev")
    assert [place for _, place, _ in found] == ["targets.prod.jobs.weekly"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('[prepare, "s3://${target.bucket}/${var.table}/", --seed, 7]', "prepare x", "a list"),
        ("kind: spark", "kind: pyspark", "it is 'spark', 'sklearn' or 'container'"),
        ("    kind: spark\n", "", "is missing"),
        ("    region: eu-west-1\n    account", "    account", "is missing"),
        ("spark: {spark.sql.shuffle.partitions: 20, spark.ui.enabled: false}", "spark: a", "name:"),
    ],
)
def test_shapes_are_said_in_plain_words(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    ((_, _, found),) = problems_of(tmp_path, GOOD.replace(old, new))
    assert message in found
    assert "tuple" not in found
