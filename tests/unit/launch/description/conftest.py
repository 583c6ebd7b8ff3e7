"""Texts of launch.yaml, and what is made of them or said against them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from launch.description.load import Description, load
from launch.errors import DescriptionError, Problem

Read = Callable[..., Description]
ProblemsOf = Callable[..., list[Problem]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a text as launch.yaml, in an empty environment."""

    def made(text: str, **options: object) -> Description:
        (tmp_path / "launch.yaml").write_text(text)
        return load(tmp_path / "launch.yaml", **{"environment": {}, **options})  # type: ignore[arg-type]

    return made


@pytest.fixture
def problems_of(read: Read) -> ProblemsOf:
    """Return everything that is said against a text."""

    def refused(text: str, **options: object) -> list[Problem]:
        with pytest.raises(DescriptionError) as caught:
            read(text, **options)
        return list(caught.value.problems)

    return refused
