"""What a finished run says at the terminal."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.learned import Prepared
from jobs.report import report


def said(nulls_filled: dict[str, int]) -> str:
    manifest: dict[str, Any] = {
        "rows": {"read": 3, "dropped": {}, "quarantined": {}, "published": {"train": 3}},
        "nulls_filled": nulls_filled,
        "seconds": {"open": 0.1},
        "files": [],
        "preprocessor": {"path": "preprocessor-1.json"},
    }
    return report(Prepared("out", manifest, ()))


@pytest.mark.parametrize(
    ("nulls_filled", "lines"),
    [
        ({"x": 1200}, ["Nulls filled", "  x         1,200"]),
        (
            {"x": 2, "w": 0},
            [
                "Nulls filled",
                "  x             2",
                "  none in 'w': the published rows had none there",
            ],
        ),
        ({"w": 0}, ["Nulls filled", "  none in 'w': the published rows had none there"]),
    ],
    ids=["some", "some columns", "none"],
)
def test_filled_nulls_are_counted_and_their_absence_is_said(
    nulls_filled: dict[str, int], lines: list[str]
) -> None:
    assert "\n\n" + "\n".join(lines) + "\n\n" in said(nulls_filled)


def test_no_table_of_nulls_where_no_column_is_filled() -> None:
    assert "Nulls" not in said({})
