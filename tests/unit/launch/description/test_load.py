"""launch.yaml: every error at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.description.load import Description, find_file, load
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


def test_a_target_sees_its_own_values(tmp_path: Path) -> None:
    dev = read(tmp_path, GOOD)
    assert dev.target.role == "arn:aws:iam::123456789012:role/etl"
    assert dev.job("nightly").arguments == ("prepare", "s3://shop-dev/orders/", "--seed", "7")
    assert dev.job("nightly").max_runtime == 5400
    assert dev.job("nightly").spark["spark.ui.enabled"] == "false"
    assert dev.job("nightly").instance_count == 1


def test_prod_overrides_jobs_and_variables(tmp_path: Path) -> None:
    prod = read(tmp_path, GOOD, target="prod", environment={"PROD_BUCKET": "shop-live"})
    job = prod.job("nightly")
    assert job.instance_count == 8
    assert job.arguments[1] == "s3://shop-live/orders_all/"
    # One level deep: the setting that prod does not name stays.
    assert job.spark == {"spark.sql.shuffle.partitions": "400", "spark.ui.enabled": "false"}


def test_the_command_line_wins_over_the_targets_variable(tmp_path: Path) -> None:
    environment = {"PROD_BUCKET": "shop-live"}
    prod = read(tmp_path, GOOD, target="prod", environment=environment, variables={"table": "x"})
    assert prod.job("nightly").arguments[1] == "s3://shop-live/x/"


def test_every_error_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    text = GOOD.replace("eu-west-1", "Europe", 1).replace("90m", "soon")
    text += "    instance_cuont: 3\n    volume_size_gb: 0\n    spot: true\n"
    found = {place: (line, message) for line, place, message in problems_of(tmp_path, text)}
    assert found["targets.dev.region"][0] == 5
    assert found["jobs.nightly.max_runtime"][0] == 20
    assert "90m, 2h, 1d" in found["jobs.nightly.max_runtime"][1]
    assert found["jobs.nightly.instance_cuont"] == (22, "there is no setting 'instance_cuont'")
    assert found["jobs.nightly.volume_size_gb"][0] == 23
    assert "no Spot" in found["jobs.nightly.spot"][1]
    assert len(found) == 5


def test_a_hint_names_the_nearest_setting(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match="did you mean instance_count"):
        read(tmp_path, GOOD + "    instance_cuont: 3\n")


def test_an_error_in_an_override_names_the_overrides_line(tmp_path: Path) -> None:
    text = GOOD.replace("instance_count: 8", "instance_count: 800")
    found = problems_of(tmp_path, text, target="prod", environment={"PROD_BUCKET": "shop-live"})
    assert [(line, place) for line, place, _ in found] == [(15, "jobs.nightly.instance_count")]


def test_an_override_of_no_job_is_an_error(tmp_path: Path) -> None:
    text = GOOD.replace("nightly: {instance_count", "weekly: {instance_count")
    found = problems_of(tmp_path, text, target="prod", environment={"PROD_BUCKET": "shop-live"})
    assert found == [(15, "targets.prod.jobs.weekly", "no job 'weekly' to override")]


def test_an_unset_variable_is_reported_once(tmp_path: Path) -> None:
    found = problems_of(tmp_path, GOOD, target="prod")
    assert [(line, place) for line, place, _ in found] == [(12, "targets.prod.bucket")]
    assert "PROD_BUCKET is not set" in found[0][2]


def test_other_targets_need_not_be_right(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD, target="dev").target.bucket == "shop-dev"


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    found = problems_of(tmp_path, GOOD + "    max_runtime: 2h\n")
    assert found == [(22, "max_runtime", "stands twice, first in line 20")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("project: [", 2, "not YAML"),
        ("", 1, "needs project, targets, jobs"),
        ("- a\n", 1, "needs project, targets, jobs"),
        ("project: \tx\n  y: z", 2, "not YAML"),
    ],
)
def test_what_is_no_yaml(tmp_path: Path, text: str, line: int, message: str) -> None:
    ((found_line, _, found),) = problems_of(tmp_path, text)
    assert message in found
    assert found_line <= line


def test_missing_parts_are_all_named(tmp_path: Path) -> None:
    found = problems_of(tmp_path, "targets: {dev: {}}\njobs: {a: {}}\n")
    assert {place for _, place, _ in found} == {
        "project", "targets.dev.region", "targets.dev.role", "targets.dev.bucket", "jobs.a.kind",
    }  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "    environment: {DB_PASSWORD: hunter2}",
        "    environment: {A: AKIAABCDEFGHIJKLMNOP}",
        "    spark: {spark.hadoop.fs.s3a.secret.key: abcdefgh}",
        "    spark: {spark.hadoop.fs.s3a.secretKey: abcdefgh}",
        "    spark: {spark.app.dbPassword: abcdefgh}",
        '    arguments: ["--token=abcdefgh"]',
        '    arguments: ["--api-key", abcdefgh]',
        '    arguments: ["jdbc:postgresql://me:hunter2@db/x"]',
    ],
)
def test_secrets_are_refused(tmp_path: Path, line: str) -> None:
    key = line.split(":")[0].strip()
    kept = [row for row in GOOD.splitlines() if not row.startswith(f"    {key}:")]
    ((number, _, message),) = problems_of(tmp_path, "\n".join([*kept, line]))
    assert "looks like" in message
    assert number == len(kept) + 1


@pytest.mark.parametrize(
    "line",
    [
        "    environment: {DB_SECRET: 'arn:aws:secretsmanager:eu-west-1:1:secret:x'}",
        "    environment: {TOKENIZER: words, MAX_TOKENS: 5, KEY_COLUMN: id}",
        "    spark: {spark.sql.shuffle.partitions: 400}",
    ],
)
def test_what_only_sounds_like_a_secret_is_not_one(tmp_path: Path, line: str) -> None:
    key = line.split(":")[0].strip()
    kept = [row for row in GOOD.splitlines() if not row.startswith(f"    {key}:")]
    read(tmp_path, "\n".join([*kept, line]))


def test_unknown_names_are_told_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="no target 'stage'; it has: dev, prod"):
        read(tmp_path, GOOD, target="stage")
    with pytest.raises(LaunchError, match="did you mean nightly"):
        read(tmp_path, GOOD).job("nigthly")


def test_the_file_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "launch.yaml").write_text(GOOD)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_file(below) == (tmp_path / "launch.yaml").resolve()


def test_no_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="no launch.yaml in"):
        find_file(tmp_path)


def test_the_repositorys_own_file_is_right_for_both_targets() -> None:
    file = find_file(Path(__file__).parent)
    assert next(iter(load(file, environment={}).jobs)) == "prepare"
    assert load(file, target="prod", environment={}).job("prepare").max_runtime == 6 * 3600


def test_a_runs_name_waits_for_the_run(tmp_path: Path) -> None:
    output = "{name: o, source: /opt/ml/processing/o, destination: %s}"
    text = GOOD + "    outputs: [" + output % '"s3://${target.bucket}/${run}/${var.table}/"' + "]\n"
    assert (
        read(tmp_path, text).job("nightly").outputs[0].destination == "s3://shop-dev/${run}/orders/"
    )
    wrong = text.replace("--seed, 7", '"${run}"')
    (found,) = problems_of(tmp_path, wrong)
    assert found[:2] == (19, "jobs.nightly.arguments.2")
    assert "in the destination of an output, and nowhere else" in found[2]
