"""What a launch.yaml means: targets, overrides, variables, scalars, merges."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.description.load import find_file, load
from launch.errors import LaunchError

from .conftest import Read
from .texts import GOOD, LIVE


def test_a_target_sees_its_own_values(read: Read) -> None:
    dev = read(GOOD)
    assert dev.target.role == "arn:aws:iam::123456789012:role/etl"
    assert dev.job("nightly").arguments == ("prepare", "s3://shop-dev/orders/", "--seed", "7")
    assert dev.job("nightly").max_runtime == 5400
    assert dev.job("nightly").spark["spark.ui.enabled"] == "false"
    assert dev.job("nightly").instance_count == 1


def test_prod_overrides_jobs_and_variables(read: Read) -> None:
    job = read(GOOD, **LIVE).job("nightly")
    assert job.instance_count == 8
    assert job.arguments[1] == "s3://shop-live/orders_all/"
    # One level deep: the setting that prod does not name stays.
    assert job.spark == {"spark.sql.shuffle.partitions": "400", "spark.ui.enabled": "false"}


def test_the_command_line_wins_over_the_targets_variable(read: Read) -> None:
    prod = read(GOOD, **LIVE, variables={"table": "x"})
    assert prod.job("nightly").arguments[1] == "s3://shop-live/x/"
    with pytest.raises(LaunchError, match=r"--var tabel: .* it has: table"):
        read(GOOD, variables={"tabel": "x"})


def test_other_targets_need_not_be_right(read: Read) -> None:
    assert read(GOOD, target="dev").target.bucket == "shop-dev"


def test_unknown_names_are_told_what_there_is(read: Read) -> None:
    with pytest.raises(LaunchError, match="no target 'stage'; it has: dev, prod"):
        read(GOOD, target="stage")
    with pytest.raises(LaunchError, match="did you mean nightly"):
        read(GOOD).job("nigthly")


def test_unquoted_scalars_keep_their_text(read: Read) -> None:
    text = GOOD.replace("[prepare,", "[12:30, 010, 3.10, no, 2026-11-23, true,")
    text += "    environment: {ID: 0123, ON: yes}\n    framework_version: 3.10\n"
    job = read(text).job("nightly")
    assert job.arguments[:6] == ("12:30", "010", "3.10", "no", "2026-11-23", "true")
    assert job.environment == {"ID": "0123", "ON": "yes"}
    assert job.framework_version == "3.10"


def test_event_logs_may_be_switched_off(read: Read) -> None:
    assert read(GOOD + "    event_logs: false\n").job("nightly").event_logs is False


def test_an_escaped_reference_is_text(read: Read) -> None:
    assert "${x}" in read(GOOD.replace("--seed", '"$${x}"')).job("nightly").arguments


def test_a_merge_key_gives_way_to_the_mappings_own_keys(read: Read) -> None:
    dev, _, rest = GOOD.replace("  dev:\n", "  dev: &dev\n").partition("  prod:\n")
    jobs = rest[rest.index("jobs:\n  nightly:\n    kind") :]
    prod = read(f"{dev}  prod:\n    <<: *dev\n    bucket: shop-live\n{jobs}", target="prod")
    assert (prod.target.bucket, prod.target.region) == ("shop-live", "eu-west-1")
    assert prod.target.account == "123456789012"


def test_a_runs_name_waits_for_the_run(read: Read) -> None:
    output = "{name: o, source: /opt/ml/processing/o, destination: %s}"
    text = GOOD + "    outputs: [" + output % '"s3://${target.bucket}/${run}/${var.table}/"' + "]\n"
    assert read(text).job("nightly").outputs[0].destination == "s3://shop-dev/${run}/orders/"


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
