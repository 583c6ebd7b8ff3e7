"""Run a job in this process, on an engine, and look at what it said and published."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from run_command import (  # noqa: F401
    Done,
    Run,
    clean_csv,
    command,
    prepare,
    publish,
    refuses,
    table,
)
from twins import assert_equal


@pytest.fixture
def agree(publish: Run) -> Callable[..., Done]:  # noqa: F811
    """Publish an input by Spark and by other engines, hold the results together; give Spark's."""

    def run(
        source: object,
        *options: object,
        engines: tuple[str, ...] = ("sail", "one machine"),
        **more: object,
    ) -> Done:
        sparks = publish("spark", source, *options, **more)
        for engine in engines:
            assert_equal(publish(engine, source, *options, **more).output, sparks.output)
        return sparks

    return run
