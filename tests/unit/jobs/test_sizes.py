"""Sizes as users write them, and into how many tasks an input is cut."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from refusals import refused

from jobs.sizes import parse_size, read_tasks, write_tasks
from jobs.source import File, Source

MB = 1024**2


@pytest.mark.parametrize(
    ("text", "size"), [("128MB", 128 * MB), ("64m", 64 * MB), ("1g", 1024 * MB), ("7", 7)]
)
def test_sizes_are_written_with_units(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1m", "1.5g", "many", "1tb"])
def test_what_is_no_size_is_refused(text: str) -> None:
    refused(parse_size, "write it as 128MB", text)


def test_reads_and_writes_are_whole_rounds_of_the_cores() -> None:
    context = SimpleNamespace(defaultParallelism=3)
    engine: Any = SimpleNamespace(is_classic=True, spark=SimpleNamespace(sparkContext=context))
    engine.files = SimpleNamespace(is_compressed=lambda path: path.endswith(".gz"))

    def of_size(size: int, name: str = "a.csv") -> Source:
        return Source("in", "csv", (File(f"file:/{name}", size, 0),), ("file:/a.csv",))

    for rounds in (1, 2, 4):
        largest = rounds * 3 * 128 * MB
        assert read_tasks(engine, of_size(largest)) == rounds * 3
        assert read_tasks(engine, of_size(largest + 1)) == (rounds + 1) * 3
    # 0.45 of the CSV's bytes are written, 0.7 of them to train; packed, it is four times as much.
    size = -(-int(1000 * MB * 0.45 * 0.7) // 7)
    assert write_tasks(engine, of_size(1000 * MB), target=size, largest_share=0.7) == 9
    packed = of_size(250 * MB, "a.csv.gz")
    assert write_tasks(engine, packed, target=size, largest_share=0.7) == 9
    assert write_tasks(engine, of_size(10), target=size, largest_share=0.7) == 3
    engine.is_classic = False
    assert read_tasks(engine, of_size(10)) is None
    assert write_tasks(engine, of_size(10), target=MB, largest_share=0.7) is None
