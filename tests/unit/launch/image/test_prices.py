"""What an hour of an instance costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from launch.errors import LaunchError
from launch.image.instances import _table as known_instances
from launch.image.instances import is_gpu
from launch.image.prices import price_per_hour

# As aws.amazon.com/sagemaker/pricing has them, to three digits.
PUBLISHED = {
    "ml.t3.medium": 0.05,
    "ml.t3.2xlarge": 0.399,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.m5.12xlarge": 2.765,
    "ml.m5.24xlarge": 5.53,
    "ml.c5.9xlarge": 1.836,
    "ml.r5.4xlarge": 1.21,
    "ml.g5.12xlarge": 7.09,
}


@pytest.mark.parametrize(("name", "usd"), PUBLISHED.items())
def test_a_price_is_the_published_one(name: str, usd: float) -> None:
    price = price_per_hour(name, "us-east-1")
    assert price is not None
    assert price.usd_per_hour == pytest.approx(usd, abs=0.0006)


def test_a_price_names_its_date_and_region() -> None:
    price = price_per_hour("ml.m5.xlarge", "eu-central-1")
    assert price is not None
    assert (price.as_of, price.region) == ("2026-11-24", "eu-central-1")
    assert price.usd_per_hour == pytest.approx(0.276, abs=0.0006)


def test_every_known_instance_without_a_gpu_has_a_price() -> None:
    without = [
        name
        for name in known_instances()
        if not is_gpu(name) and price_per_hour(name, "us-east-1") is None
    ]
    assert without == []


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("ml.m5.xlarge", "mars-north-1"),
        ("ml.x9.xlarge", "us-east-1"),
        ("ml.m5.huge", "us-east-1"),
        ("m5.xlarge", "us-east-1"),
        ("", "us-east-1"),
    ],
)
def test_what_the_table_lacks_has_no_price(name: str, region: str) -> None:
    assert price_per_hour(name, region) is None


def test_prices_of_your_own_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ours.json"
    path.write_text(json.dumps({"ml.m5.xlarge": 0.2, "ml.own.xlarge": 1}))
    monkeypatch.setenv("LAUNCH_PRICES", str(path))
    prices = [
        price_per_hour(name, "mars-north-1" if "own" in name else "us-east-1")
        for name in ("ml.m5.xlarge", "ml.own.xlarge", "ml.m5.2xlarge")
    ]
    assert [price and price.usd_per_hour for price in prices] == [0.2, 1.0, 0.4608]
    assert prices[0] is not None
    assert prices[0].as_of == "your own, ours.json"


@pytest.mark.parametrize("text", ["{", "[]", '{"ml.m5.xlarge": "cheap"}', '{"a": true}'])
def test_a_price_file_that_cannot_be_used_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ours.json"
    path.write_text(text)
    monkeypatch.setenv("LAUNCH_PRICES", str(path))
    with pytest.raises(LaunchError, match="ours.json"):
        price_per_hour("ml.m5.xlarge", "us-east-1")
