"""Numbers as people write them; at no border is there a '1024 KiB' or a '60 s'."""

from __future__ import annotations

import pytest

from launch.report.numbers import count, dollars, share, size, time, times


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.04, "40 ms"), (0.9994, "999 ms"), (0.9996, "1.0 s"),
        (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"),
        (3599.6, "1 h 0 min"), (11_040, "3 h 4 min"), (3_600_000, "1,000 h 0 min"),
    ],
)  # fmt: skip
def test_times_as_people_write_them(seconds: float, text: str) -> None:
    assert time(seconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0 B"), (1023, "1,023 B"), (1024, "1 KiB"), (2**20 - 1, "1.0 MiB"),
        (1.5 * 2**30, "1.5 GiB"), (150 * 2**20, "150 MiB"), (3000 * 2**40, "3,000 TiB"),
    ],
)  # fmt: skip
def test_sizes_as_people_write_them(amount: float, text: str) -> None:
    assert size(amount) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (0, "0 %"),
        (0.004, "under 1 %"),
        (0.005, "under 1 %"),
        (0.0051, "1 %"),
        (0.456, "46 %"),
        (1, "100 %"),
    ],
)
def test_shares_are_whole_percents(part: float, text: str) -> None:
    assert share(part) == text


def test_counts_money_and_ratios_are_rounded() -> None:
    assert [count(n) for n in (999, 9_999_999, 10_000_000, 1_500_000_000)] == [
        "999", "9,999,999", "10.0 million", "1.5 billion"
    ]  # fmt: skip
    assert [dollars(usd) for usd in (0.0412, 0.25, 0.996, 3.066, 1204.4)] == [
        "$0.0412", "$0.25", "$1.00", "$3.07", "$1,204"
    ]  # fmt: skip
    assert [times(ratio) for ratio in (None, 1, 99.94, 99.96, 1234.5)] == [
        "–", "1.0×", "99.9×", "100×", "1,234×"
    ]  # fmt: skip
