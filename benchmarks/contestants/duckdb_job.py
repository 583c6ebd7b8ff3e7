"""The same work in DuckDB's SQL: ``duckdb_job.py INPUT OUTPUT CONTRACT``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

KEY, TARGET = "id", "label"
# Planning 149 joins took 10 s, 149 casts to an ENUM none; but a cast to one of 20,000 labels took
# five times as long as a join.
ENUM_LABELS = 1_000


def main(source: str, target: str, contract: str) -> None:
    """Read ``source``, write what comes out to ``target``."""
    columns = json.loads(Path(contract).read_text())["columns"]
    texts = [column["name"] for column in columns if column["type"] == "string"]
    holes = [c["name"] for c in columns if c["nullable"] and c["name"] not in (TARGET, *texts)]
    database = duckdb.connect()
    # The order of rows means nothing here, and keeping it costs memory.
    database.execute("SET preserve_insertion_order = false")
    database.execute(f"CREATE TEMP TABLE cells AS {reading(source, columns)}")
    means = ", ".join(f"avg({name}) AS {name}" for name in holes)
    database.execute(f"CREATE TEMP TABLE means AS SELECT {means} FROM cells WHERE split = 'train'")
    sizes = {name: learn_labels(database, name) for name in texts}
    Path(target).mkdir(parents=True)
    database.execute(
        f"COPY ({applying(columns, sizes, holes)}) TO '{target}' "
        "(FORMAT parquet, COMPRESSION snappy, PARTITION_BY (split), OVERWRITE_OR_IGNORE)"
    )


def reading(source: str, columns: list[dict[str, str]]) -> str:
    """Select rows that have a target, each with its split by a hash of the key."""
    if any(path.suffix == ".parquet" for path in Path(source).iterdir()):
        table = f"read_parquet('{source}/*')"
    else:
        types = ", ".join(f"'{column['name']}': '{column['type']}'" for column in columns)
        table = f"read_csv('{source}/*', header = true, columns = {{{types}}})"
    share = f"hash({KEY}) % 100"
    return (
        f"SELECT *, CASE WHEN {share} < 70 THEN 'train' WHEN {share} < 85 THEN 'validation' "
        f"ELSE 'test' END AS split FROM {table} WHERE {TARGET} IS NOT NULL"
    )


def learn_labels(database: duckdb.DuckDBPyConnection, name: str) -> int:
    """Number the labels of a column, the most frequent first; return how many there are."""
    database.execute(
        f"CREATE TEMP TABLE labels_{name} AS SELECT {name} AS label, "
        f"(row_number() OVER (ORDER BY count(*) DESC, {name}) - 1)::DOUBLE AS position "
        f"FROM cells WHERE split = 'train' AND {name} IS NOT NULL GROUP BY {name}"
    )
    (size,) = database.sql(f"SELECT count(*) FROM labels_{name}").fetchall()[0]
    if size <= ENUM_LABELS:
        ordered = f"SELECT label FROM labels_{name} ORDER BY position"
        database.execute(f"CREATE TYPE enum_{name} AS ENUM ({ordered})")
    return int(size)


def applying(columns: list[dict[str, str]], sizes: dict[str, int], holes: list[str]) -> str:
    """Select every row with its means filled in and its labels numbered."""
    cells, joins = [], []
    for name in (column["name"] for column in columns):
        if name in sizes:
            position = f"enum_code(TRY_CAST(cells.{name} AS enum_{name}))"
            if sizes[name] > ENUM_LABELS:
                position = f"labels_{name}.position"
                joins.append(f"LEFT JOIN labels_{name} ON cells.{name} = labels_{name}.label")
            cells.append(f"coalesce({position}, {sizes[name]})::DOUBLE AS {name}_index")
        elif name in holes:
            cells.append(f"coalesce(cells.{name}, means.{name}) AS {name}")
        else:
            cells.append(f"cells.{name}")
    return f"SELECT {', '.join(cells)}, split FROM cells CROSS JOIN means {' '.join(joins)}"


if __name__ == "__main__":
    main(*sys.argv[1:4])
