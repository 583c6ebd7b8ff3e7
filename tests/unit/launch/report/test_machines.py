"""What is said of machines and money, and when nothing is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from launch.report.data import report_json
from launch.report.view import view

BEGIN = Callable[..., Any]
TWO = {"instance_type": "ml.m5.xlarge", "instance_count": 2, "region": "us-east-1"}


def a_report(a_log: BEGIN, **known: Any) -> Any:
    log = a_log(seconds=3600)
    log.stage([{"seconds": 3000}] * 4)
    return log.report(**known)


def about_prices(report: Any) -> list[str]:
    return [note for note in report.notes if "price" in note]


def test_hours_times_instances_times_the_price(a_log: BEGIN) -> None:
    report = a_report(a_log, **TWO)
    machines = report_json(report)["machines"]
    assert machines == {
        "instance_type": "ml.m5.xlarge",
        "instance_count": 2,
        "seconds": 3600,
        "usd_per_hour": 0.2304,
        "price_as_of": machines["price_as_of"],
        "cost_usd": 0.4608,
    }
    assert machines["price_as_of"].startswith("20")
    cards = {card["key"]: card for card in view(report)["cards"]}
    assert cards["cost"]["value"] == "$0.46"
    assert cards["cost"]["below"] == "1 h 0 min × 2 × $0.2304/h"
    assert about_prices(report) == []


def test_what_is_paid_for_is_the_time_of_the_job(a_log: BEGIN) -> None:
    """Instances start before Spark does, and end after it."""
    report = a_report(a_log, **TWO, seconds=7200.0)
    assert report_json(report)["machines"]["cost_usd"] == 0.9216


def test_the_image_s_sizing_is_shown(a_log: BEGIN) -> None:
    facts = dict(view(a_report(a_log, **TWO))["facts"])
    assert facts["Instances"] == "2 × ml.m5.xlarge"
    assert facts["Price"].startswith("$0.2304 an hour in us-east-1, table of 20")
    assert facts["Image: executors asked for"] == "2, 4 cores each"
    assert facts["Image: an executor's memory"] == "13.7 GiB heap + 1.4 GiB overhead"
    assert dict(view(a_report(a_log, **TWO, mode=2))["facts"])["Image: executors asked for"] == (
        "1, 3 cores each"
    )


def test_a_run_that_was_played_here_has_no_price(a_log: BEGIN) -> None:
    report = a_report(a_log, **TWO, local=True)
    assert report_json(report)["machines"] is None
    page = view(report)
    assert "cost" not in {card["key"] for card in page["cards"]}
    assert dict(page["facts"])["Instances"] == "2 × ml.m5.xlarge, asked for; played on this machine"
    assert len(about_prices(report)) == 1
    assert "Played on this machine" in about_prices(report)[0]
    assert "$" not in json.dumps([page["findings"], page["facts"]])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"instance_type": "ml.z9.huge"}, "What ml.z9.huge costs in us-east-1 is not in the table"),
        ({"region": "moon-1"}, "What ml.m5.xlarge costs in moon-1 is not in the table"),
    ],
)
def test_an_unknown_type_or_region_is_noted(
    a_log: BEGIN, changed: dict[str, str], said: str
) -> None:
    report = a_report(a_log, **{**TWO, **changed})
    assert about_prices(report)[0].startswith(said)
    assert "LAUNCH_PRICES" in about_prices(report)[0]
    assert (report_json(report)["machines"] or {}).get("cost_usd") is None


def test_prices_of_one_s_own(a_log: BEGIN, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "prices.json"
    own.write_text('{"ml.m5.xlarge": 0.1}')
    monkeypatch.setenv("LAUNCH_PRICES", str(own))
    report = a_report(a_log, **TWO)
    assert report_json(report)["machines"]["cost_usd"] == 0.2
    assert "your own, prices.json" in dict(view(report)["facts"])["Price"]


def test_an_event_log_alone_tells_of_no_machine(a_log: BEGIN) -> None:
    report = a_report(a_log)
    assert report_json(report)["machines"] is None
    assert about_prices(report) == []
