"""The same work in Polars, lazy and streaming: ``polars_job.py INPUT OUTPUT CONTRACT``.

Two passes over the files, as the table need not fit into memory: one learns, one writes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

KEY, TARGET = "id", "label"
TYPES = {"bigint": pl.Int64, "int": pl.Int32, "double": pl.Float64, "string": pl.String}


def main(source: str, target: str, contract: str) -> None:
    """Read ``source``, write what comes out to ``target``."""
    columns = json.loads(Path(contract).read_text())["columns"]
    types = {column["name"]: TYPES[column["type"]] for column in columns}
    texts = [name for name, kind in types.items() if kind == pl.String]
    holes = [c["name"] for c in columns if c["nullable"] and c["name"] not in (TARGET, *texts)]
    rows = scan(source, types)
    train = rows.filter(pl.col("split") == "train")
    # One graph for all that is learned, so that the files are read once for it.
    means, *labels = pl.collect_all(
        [train.select(pl.col(holes).mean()), *(labels_of(train, name) for name in texts)],
        engine="streaming",
    )
    for table in labels:
        name = table.columns[0]
        rows = rows.join(table.lazy(), on=name, how="left").with_columns(
            pl.col(f"{name}_index").fill_null(table.height)
        )
    filled = [pl.col(name).fill_null(means[name][0]) for name in holes]
    rows = rows.with_columns(filled).drop(texts)
    parts = pl.PartitionBy(target, key="split", include_key=False)
    rows.sink_parquet(parts, compression="snappy", mkdir=True, engine="streaming")


def scan(source: str, types: dict[str, type[pl.DataType]]) -> pl.LazyFrame:
    """Read the files, drop rows without target, give each row its split by a hash of the key."""
    if any(path.suffix == ".parquet" for path in Path(source).iterdir()):
        rows = pl.scan_parquet(f"{source}/*")
    else:
        rows = pl.scan_csv(f"{source}/*", schema=types)
    share = pl.col(KEY).hash(seed=42) % 100
    split = (
        pl.when(share < 70)
        .then(pl.lit("train"))
        .when(share < 85)
        .then(pl.lit("validation"))
        .otherwise(pl.lit("test"))
    )
    return rows.filter(pl.col(TARGET).is_not_null()).with_columns(split=split)


def labels_of(train: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """Number the labels of a column, the most frequent first."""
    counted = train.filter(pl.col(name).is_not_null()).group_by(name).len()
    ordered = counted.sort(["len", name], descending=[True, False])
    return ordered.with_row_index(f"{name}_index").select(
        name, pl.col(f"{name}_index").cast(pl.Float64)
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
