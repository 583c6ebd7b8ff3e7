"""What runs by itself: schedules, and what a target wants to hear and to keep."""

from __future__ import annotations

from typing import Annotated, Literal, Union
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field, StringConstraints, field_validator

from launch.cron import check_expression
from launch.description.parts import Model, Name, Seconds, read_seconds

_DAY = 86_400


def _days(value: object) -> object:
    """Read ``90d`` or a number of days."""
    if not isinstance(value, str):
        return value
    try:
        seconds = read_seconds(value if value.strip()[-1:].isalpha() else f"{value}d")
    except ValueError:
        seconds = None
    if not isinstance(seconds, int) or seconds % _DAY:
        raise ValueError(f"{value!r} is no number of days; write 90d")
    return seconds // _DAY


Days = Annotated[
    int,
    BeforeValidator(_days, json_schema_input_type=Union[int, str]),
    Field(ge=1, le=3650),
]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]


class Schedule(Model):
    """When a job runs by itself. ``launch deploy`` sets it up."""

    job: Name
    cron: str = Field(description='"cron(0 2 * * ? *)" or "rate(1 day)", as EventBridge has them')
    timezone: str = Field(
        "UTC", description="other than UTC: EventBridge Scheduler instead of a rule"
    )
    days_back: int = Field(
        1, ge=0, le=366, description="${date} is this many days before the run; 1: yesterday"
    )
    overlap: Literal["refuse", "allow"] = Field(
        "refuse", description="what happens while the job's last run still goes on"
    )
    alarm_after: Seconds | None = Field(
        None, description="alarm where no run has succeeded for so long, such as 26h"
    )
    enabled: bool = True

    @field_validator("cron")
    @classmethod
    def _known_expression(cls, value: str) -> str:
        check_expression(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone; write Europe/Berlin, America/New_York …")
        return value


class Alerts(Model):
    """Who hears of runs that failed or were stopped, and of nights without a run."""

    email: tuple[Email, ...] = Field((), description="each has to confirm AWS's first mail")
    webhook: Annotated[str, StringConstraints(pattern=r"^https://\S+$")] | None = Field(
        None, description="an https address that confirms SNS's first message"
    )


class Retention(Model):
    """For how long things are kept; outputs that are not named are kept for ever."""

    logs: Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653] = (
        Field(30, description="days, of the functions' own logs in CloudWatch")
    )
    event_logs: Days = Field(90, description="Spark's event logs")
    uploads: Days = Field(30, description="what `launch submit` uploads for one run")
    multipart: Days = Field(7, description="uploads that were begun and never ended")
    old_versions: Days = Field(30, description="of objects that were replaced or deleted")
    outputs: dict[str, Days] = Field(
        default_factory=dict, description="prefixes in the bucket, such as flights/prepared/: 90d"
    )
