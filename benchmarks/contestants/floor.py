"""The least Spark can do: read once with known types, write: ``floor.py INPUT OUTPUT CONTRACT``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pyspark.sql import SparkSession


def main(source: str, target: str, contract: str) -> None:
    """Read ``source``, write what comes out to ``target``."""
    spark = SparkSession.builder.appName("floor").getOrCreate()
    if any(path.suffix == ".parquet" for path in Path(source).iterdir()):
        df = spark.read.parquet(source)
    else:
        columns = json.loads(Path(contract).read_text())["columns"]
        schema = ", ".join(f"`{column['name']}` {column['type']}" for column in columns)
        df = spark.read.csv(source, header=True, schema=schema)
    df.write.parquet(target)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:4])
