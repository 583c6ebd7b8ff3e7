"""``${date}``: what it becomes, where it may stand, how a day is written."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

import pytest

from launch.description.dates import dated, has_dates, read_day
from launch.description.load import load
from launch.errors import DescriptionError, LaunchError
from launch.request.plan import job_name

TEXT = """\
project: shop
variables:
  raw: "s3://b-u-c/raw/${date:%Y/%m/%d}/"
targets:
  dev: {region: eu-west-1, role: "arn:aws:iam::123456789012:role/r", bucket: b-u-c}
jobs:
  prepare:
    kind: spark
    arguments: [prepare, "${var.raw}", "s3://b-u-c/out/day=${date}/"]
    environment: {DAY: "${date:%j}"}
  other: {kind: spark}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "launch.yaml"
    path.write_text(text)
    return path


def test_a_day_is_filled_in(tmp_path: Path) -> None:
    description = load(write(tmp_path, TEXT))
    job = description.jobs["prepare"]
    assert has_dates(job)
    assert not has_dates(description.jobs["other"])
    done = dated(job, date(2026, 1, 5))
    assert done.arguments == (
        "prepare", "s3://b-u-c/raw/2026/01/05/", "s3://b-u-c/out/day=2026-01-05/",
    )  # fmt: skip
    assert done.environment == {"DAY": "005"}
    assert not has_dates(done)
    assert job_name(description, "prepare", day=date(2026, 1, 5)).startswith(
        "shop-prepare-d20260105-"
    )


@pytest.mark.parametrize("form", ["%H", "", "%", "%Y%", "%-d"])
def test_a_wrong_form_is_named_with_its_line(tmp_path: Path, form: str) -> None:
    with pytest.raises(DescriptionError, match=r"line 3: .*write \$\{date\}, or"):
        load(write(tmp_path, TEXT.replace("%Y/%m/%d", form)))


def test_a_target_has_no_day(tmp_path: Path) -> None:
    text = TEXT.replace("bucket: b-u-c", 'bucket: b-u-c, prefix: "x/${date}"')
    with pytest.raises(DescriptionError, match="targets.dev.prefix: .*alone"):
        load(write(tmp_path, text))


def test_a_day_is_a_date_today_or_yesterday_in_utc() -> None:
    now = datetime(2026, 3, 1, 0, 30, tzinfo=timezone.utc)
    assert read_day("2024-02-29") == date(2024, 2, 29)
    assert read_day("today", now=now) == date(2026, 3, 1)
    assert read_day("yesterday", now=now) == date(2026, 2, 28)
    for wrong in ("2026-02-29", "20260101", "now", "2026-1-1", ""):
        with pytest.raises(LaunchError, match="no date"):
            read_day(wrong)
