"""What the soak calls a leak."""

from __future__ import annotations

import pytest

from campaigns.soak.__main__ import grown


@pytest.mark.parametrize(
    ("name", "counts", "leaks"),
    [
        ("processes", [1] * 25, False),
        ("processes", [9, 5, 3, *[1] * 22], False),
        ("temporary files", [number // 3 for number in range(25)], True),
        ("ports", [*[0] * 12, *[1] * 13], True),
        ("threads", [60 + number % 7 for number in range(25)], False),
        ("threads", [60 + number for number in range(25)], True),
        ("open files", [300 + number for number in range(25)], True),
    ],
)
def test_growth_is_found(name: str, counts: list[int], leaks: bool) -> None:
    assert bool(grown([{name: count} for count in counts])) is leaks
