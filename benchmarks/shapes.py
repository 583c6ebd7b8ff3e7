"""The shapes of table that are measured: many rows, many columns, many labels, many files."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.columns import Column, high_cardinality_columns, tall_columns, wide_columns


@dataclass(frozen=True)
class Shape:
    """One input: its columns, its rows, and the files they lie in."""

    name: str
    columns: tuple[Column, ...]
    rows: int
    file_rows: int
    # csv, csv.gz or parquet
    format: str = "csv"

    @property
    def files(self) -> int:
        """How many files the rows lie in."""
        return -(-self.rows // self.file_rows)

    @property
    def likely_bytes(self) -> int:
        """About the size of the files, not below it: 7.5 bytes a cell were measured."""
        return self.rows * len(self.columns) * 8


def _tall(name: str, rows: int, file_rows: int | None = None, file_format: str = "csv") -> Shape:
    return Shape(name, tall_columns(), rows, file_rows or rows, file_format)


def _high(name: str, rows: int) -> Shape:
    return Shape(name, high_cardinality_columns(rows), rows, rows)


SHAPES = {
    shape.name: shape
    for shape in (
        _tall("tall-2m", 2_000_000),
        _tall("tall-8m", 8_000_000),
        _tall("tall-32m", 32_000_000),
        Shape("wide", wide_columns(300), 200_000, 200_000),
        _high("high-cardinality", 5_000_000),
        _tall("gzip-2m", 2_000_000, 250_000, "csv.gz"),
        _tall("small-files-2m", 2_000_000, 1_000),
        _tall("parquet-2m", 2_000_000, 500_000, "parquet"),
        _tall("parquet-8m", 8_000_000, 500_000, "parquet"),
        _tall("tall-200k", 200_000),
        Shape("wide-small", wide_columns(30), 20_000, 20_000),
        _high("high-cardinality-small", 200_000),
        _tall("gzip-200k", 200_000, 50_000, "csv.gz"),
        _tall("small-files-small", 50_000, 500),
        _tall("parquet-200k", 200_000, 50_000, "parquet"),
    )
}
# 32 M rows are 4 GB and the better part of an hour: only when asked for by name.
FULL = (
    "tall-2m",
    "tall-8m",
    "wide",
    "high-cardinality",
    "gzip-2m",
    "small-files-2m",
    "parquet-8m",
)
QUICK = ("tall-200k", "wide-small")
