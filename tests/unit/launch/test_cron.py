"""Schedule expressions, held against moments worked out by hand with a calendar."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from launch.cron import CronError, check_expression, next_runs
from launch.description.load import load
from launch.errors import DescriptionError


def moments(expression: str, after: str, count: int, zone: str = "UTC") -> list[str]:
    start = datetime.fromisoformat(after).replace(tzinfo=timezone.utc)
    found = next_runs(expression, after=start, count=count, zone=zone)
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in found]


# 24 November 2026 is a Tuesday.
@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 2 * * ? *)", "2026-11-24T05:00", ["2026-11-25 02:00", "2026-11-26 02:00"]),
        ("cron(0 2 * * ? *)", "2026-11-24T02:00", ["2026-11-25 02:00"]),
        ("cron(0 2 * * ? *)", "2026-11-24T01:59", ["2026-11-24 02:00"]),
        ("cron(0/20 8-9 ? * * *)", "2026-11-24T08:30",
         ["2026-11-24 08:40", "2026-11-24 09:00", "2026-11-24 09:20", "2026-11-24 09:40",
          "2026-11-25 08:00"]),
        ("cron(0 2 L * ? *)", "2026-11-24T05:00",
         ["2026-11-30 02:00", "2026-12-31 02:00", "2027-01-31 02:00", "2027-02-28 02:00"]),
        ("cron(0 2 L-3 * ? *)", "2026-11-24T05:00", ["2026-11-27 02:00", "2026-12-28 02:00"]),
        # The 15th of May 2027 is a Saturday, of August a Sunday.
        ("cron(0 9 15W * ? *)", "2027-05-01T00:00",
         ["2027-05-14 09:00", "2027-06-15 09:00", "2027-07-15 09:00", "2027-08-16 09:00"]),
        # Not into the month before: 1 May 2027 is a Saturday.
        ("cron(0 9 1W * ? *)", "2027-04-30T12:00", ["2027-05-03 09:00", "2027-06-01 09:00"]),
        ("cron(0 9 ? * 6#3 *)", "2026-11-24T05:00", ["2026-12-18 09:00", "2027-01-15 09:00"]),
        ("cron(0 9 ? * fri#3 *)", "2026-11-24T05:00", ["2026-12-18 09:00"]),
        ("cron(0 9 ? * 6L *)", "2026-11-24T05:00",
         ["2026-11-27 09:00", "2026-12-25 09:00", "2027-01-29 09:00"]),
        ("cron(0 9 ? * L *)", "2026-11-24T05:00", ["2026-11-28 09:00", "2026-12-05 09:00"]),
        ("cron(0 9 ? * MON-FRI *)", "2026-11-26T10:00", ["2026-11-27 09:00", "2026-11-30 09:00"]),
        ("cron(0 9 ? * FRI-MON *)", "2026-11-24T05:00",
         ["2026-11-27 09:00", "2026-11-28 09:00", "2026-11-29 09:00", "2026-11-30 09:00",
          "2026-12-04 09:00"]),
        ("cron(0 0 1 JAN,JUL ? *)", "2026-11-24T05:00", ["2027-01-01 00:00", "2027-07-01 00:00"]),
        ("cron(0 0 1 1 ? 2028/2)", "2026-11-24T05:00", ["2028-01-01 00:00", "2030-01-01 00:00"]),
        ("cron(0 0 1 1 ? 2025-2027)", "2026-11-24T05:00", ["2027-01-01 00:00"]),
        ("cron(0 0 29 2 ? *)", "2096-03-01T00:00", ["2104-02-29 00:00"]),
        ("cron(0 0 ? 2 SUN#5 *)", "2026-11-24T05:00", ["2032-02-29 00:00", "2060-02-29 00:00"]),
        ("cron(0 0 1 1 ? 2020)", "2026-11-24T05:00", []),
        ("rate(12 hours)", "2026-11-24T05:00", ["2026-11-24 17:00", "2026-11-25 05:00"]),
    ],
)  # fmt: skip
def test_the_next_moments_of_an_expression(
    expression: str, after: str, expected: list[str]
) -> None:
    assert moments(expression, after, max(len(expected), 1)) == expected


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 2 * * ? *)", "2026-11-24T05:00", ["2026-11-25 01:00"]),
        # On 28 March 2027 the clocks go from 02:00 to 03:00: 02:30 is not shown, and no run.
        ("cron(30 2 * * ? *)", "2027-03-26T12:00", ["2027-03-27 01:30", "2027-03-29 00:30"]),
        # On 25 October 2026 they go from 03:00 to 02:00: 02:30 is shown twice, and is one run.
        ("cron(30 2 * * ? *)", "2026-10-24T12:00", ["2026-10-25 00:30", "2026-10-26 01:30"]),
        ("cron(30 2 * * ? *)", "2026-10-25T00:45", ["2026-10-26 01:30"]),
        ("cron(0 * * * ? *)", "2026-10-24T23:30", ["2026-10-25 00:00", "2026-10-25 02:00"]),
    ],
)
def test_an_hour_that_is_skipped_has_no_run_and_one_that_is_repeated_has_one(
    expression: str, after: str, expected: list[str]
) -> None:
    assert moments(expression, after, len(expected), "Europe/Berlin") == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("0 2 * * *", "is neither cron(…) nor rate(…); write cron(0 2 * * ? *)"),
        ("cron(0 2 * * *)", "has 5 fields, and needs 6: .* the year is the one that crontab"),
        ("cron(60 2 * * ? *)", "minutes '60': '60' is not allowed; it takes 0-59, with"),
        ("cron(0 24 * * ? *)", "hours '24'"),
        ("cron(0 2 0 * ? *)", "day of month '0'"),
        ("cron(0 2 32W * ? *)", "day of month '32W': W stands behind one day"),
        ("cron(0 2 LW * ? *)", "day of month 'LW': write L for the last day, L-3"),
        ("cron(0 2 * 13 ? *)", "month '13'.* it takes 1-12 or JAN-DEC"),
        ("cron(0 2 ? * 8 *)", "day of week '8'.* it takes 1-7 or SUN-SAT"),
        ("cron(0 2 ? * 0 *)", "day of week '0'"),
        ("cron(0 2 ? * 2/2 *)", "day of week '2/2': there are no steps here"),
        ("cron(0 2 ? * 2#6 *)", "write 6#3 or FRI#3"),
        ("cron(0 2 ? * L-2 *)", "write 6L or FRIL"),
        ("cron(0 2 * * ? 1969)", "year '1969'.* it takes 1970-2199"),
        ("cron(0 2 * * ? 2030-2026)", "ends before it begins"),
        ("cron(*/0 2 * * ? *)", "the step '0' is no number from 1 to 59"),
        ("cron(*-5 2 * * ? *)", "'\\*' is not allowed"),
        ("cron(0 2 * * * *)", "day of month is '\\*' and day of week '\\*'; exactly one .* '\\?'"),
        ("cron(0 2 ? * ? *)", "exactly one of the two is '\\?'"),
        ("rate(1 days)", "EventBridge wants rate\\(1 day\\)"),
        ("rate(2 hour)", "EventBridge wants rate\\(2 hours\\)"),
        ("rate(0 minutes)", "a rate is a number and a unit"),
        ("rate(1 week)", "the unit 'week' is none of minutes, hours, days"),
        ("rate(daily)", "write rate\\(1 day\\)"),
    ],
)
def test_what_is_wrong_is_named(expression: str, message: str) -> None:
    message = message.replace("(…)", "\\(…\\)").replace("cron(0 2 * * ? *)", "cron\\(0 2")
    with pytest.raises(CronError, match=message):
        check_expression(expression)


def test_launch_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "launch.yaml"
    file.write_text(
        "project: p\n"
        "targets:\n"
        "  dev: {region: eu-west-1, role: 'arn:aws:iam::123456789012:role/r', bucket: b-1}\n"
        "jobs: {prepare: {kind: spark}}\n"
        "schedules:\n"
        "  nightly:\n"
        "    job: prepare\n"
        "    cron: cron(0 2 * * * *)\n"
    )
    with pytest.raises(DescriptionError, match="line 8: schedules.nightly.cron: .*exactly one"):
        load(file, environment={})
