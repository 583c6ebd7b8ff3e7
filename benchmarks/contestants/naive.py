"""What tutorials do, step after step: ``spark-submit naive.py INPUT OUTPUT CONTRACT``.

Each line is plausible by itself. Together they read the input once for the types, once for every
mean, once for every column of labels, and six times for three writes and three counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pyspark.ml.feature import StringIndexer
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StringType


def main(source: str, target: str) -> None:
    """Read ``source``, write three splits to ``target``."""
    spark = SparkSession.builder.appName("naive").getOrCreate()
    if any(path.suffix == ".parquet" for path in Path(source).iterdir()):
        df = spark.read.parquet(source)
    else:
        df = spark.read.csv(source, header=True, inferSchema=True)

    df = df.filter(F.col("label").isNotNull())
    train, validation, test = df.randomSplit([0.7, 0.15, 0.15], seed=42)

    for field in df.schema.fields:
        if field.name in ("id", "label"):
            continue
        if isinstance(field.dataType, NumericType):
            mean = train.agg(F.mean(field.name)).collect()[0][0]
            train = train.fillna(mean, subset=[field.name])
            validation = validation.fillna(mean, subset=[field.name])
            test = test.fillna(mean, subset=[field.name])
        if isinstance(field.dataType, StringType):
            indexer = StringIndexer(
                inputCol=field.name, outputCol=field.name + "_index", handleInvalid="keep"
            )
            model = indexer.fit(train)
            train = model.transform(train).drop(field.name)
            validation = model.transform(validation).drop(field.name)
            test = model.transform(test).drop(field.name)

    train.write.mode("overwrite").parquet(target + "/train")
    validation.write.mode("overwrite").parquet(target + "/validation")
    test.write.mode("overwrite").parquet(target + "/test")
    print("train", train.count())
    print("validation", validation.count())
    print("test", test.count())
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:3])
