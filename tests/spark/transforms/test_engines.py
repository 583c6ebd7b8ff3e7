"""The cases of every engine, on Spark (and with ``--engine sail`` on Sail)."""

from __future__ import annotations

from typing import Any

import pytest
from engine_cases import *  # noqa: F403
from engines import Spark


@pytest.fixture
def engine(spark: Any) -> Spark:
    return Spark(spark)


@pytest.fixture
def fitting(spark: Any) -> Spark:
    return Spark(spark)
