"""Which jobs would write all days to one place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from launch.backfill.places import mixed_places, only_one_has_day, shared_places
from launch.description.model import Job

ANY_JOB: TypeAdapter[Job] = TypeAdapter(Job)
RAW = "s3://b-u-c/raw/${date}/"


def spark(*arguments: str, **more: Any) -> Job:
    return ANY_JOB.validate_python({"kind": "spark", "arguments": arguments, **more})


def script(*destinations: str) -> Job:
    outputs = [
        {"name": f"o{number}", "source": f"/opt/ml/processing/output/{number}", "destination": text}
        for number, text in enumerate(destinations)
    ]
    return ANY_JOB.validate_python({"kind": "sklearn", "outputs": outputs})


@pytest.mark.parametrize(
    ("job", "places"),
    [
        (script("s3://b-u-c/o/"), ["s3://b-u-c/o/"]),
        (script("s3://b-u-c/o/${date}/", "s3://b-u-c/o/${run}/", "s3://b-u-c/p/"),
         ["s3://b-u-c/p/"]),
        (script("s3://b-u-c/o/${date:%Y/%m/%d}/"), []),
        (script(), []),
        (spark("prepare", RAW, "s3://b-u-c/out/"), ["s3://b-u-c/out/"]),
        (spark("prepare", RAW, "s3://b-u-c/out/d=${date:%j}/"), []),
        # What the words of other programs mean is not known.
        (spark("infer", RAW, "s3://b-u-c/out/"), []),
        (spark("prepare", RAW), []),
        (spark("prepare", RAW, "s3://b-u-c/out/", app="jobs/own.py"), []),
    ],
)  # fmt: skip
def test_places_that_all_days_would_share(job: Job, places: list[str]) -> None:
    assert list(shared_places(job)) == places


@pytest.mark.parametrize(
    ("job", "once"),
    [
        (spark(RAW, "s3://b-u-c/out/", app="jobs/own.py"), True),
        (spark(RAW, "s3://b-u-c/out/${date}/", app="jobs/own.py"), False),
        (spark(RAW, app="jobs/own.py", environment={"OUT": "s3://b-u-c/${date}/"}), False),
        # Those are known better.
        (spark("prepare", RAW, "s3://b-u-c/out/"), False),
        (script("s3://b-u-c/o/${date}/"), False),
    ],
)
def test_a_job_of_the_users_own_that_names_the_day_once(job: Job, once: bool) -> None:
    assert only_one_has_day(job) is once


def test_outputs_that_keep_what_a_days_earlier_run_has_left() -> None:
    of_day = "s3://b-u-c/o/${date}/"
    assert mixed_places(script(of_day, "s3://b-u-c/o/${date}/${run}/")) == [of_day]
    # prepare itself takes away what it has replaced.
    assert mixed_places(spark("prepare", RAW, of_day)) == []
