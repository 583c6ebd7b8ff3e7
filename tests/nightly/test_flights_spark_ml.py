"""On two months of flights, what fit learns equals what Spark ML learns from the same rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.ml.feature import Imputer, StringIndexer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from schemas.contract_json import contract_from_json
from transforms.drop_null_target import drop_null_target
from transforms.fit import fit
from transforms.plan import FitOptions, plan_columns
from transforms.preprocessor import Preprocessor
from transforms.row_hash import parse_weights
from transforms.split import split_by_hash

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = contract_from_json((ROOT / "schemas" / "flights.json").read_text())


@pytest.fixture(scope="module")
def flights(spark: SparkSession, flights_csv: Path) -> DataFrame:
    """Read by Spark's own typed CSV reader, not by ours; split as prepare does."""
    schema = ", ".join(f"{column.name} {column.type}" for column in CONTRACT.columns)
    df = spark.read.csv(str(flights_csv), header=True, schema=schema, nullValue="NA")
    types = {column.name: column.type for column in CONTRACT.columns}
    return split_by_hash(
        drop_null_target(df.where("month in (1, 2)"), target="arr_delay"),
        key={name: types[name] for name in CONTRACT.key},
        seed=42,
        weights=parse_weights("0.7,0.15,0.15"),
        output="split",
    ).cache()


@pytest.fixture(scope="module")
def train(flights: DataFrame) -> DataFrame:
    # Holes in columns that are whole where arr_delay is: a mean of something to compare.
    holes = F.when(F.col("flight") % 7 > 0, F.col("distance")).alias("distance")
    others = [F.col(c) for c in flights.columns if c != "distance"]
    return flights.where("split = 'train'").select(*others, holes)


@pytest.fixture(scope="module")
def learned(train: DataFrame) -> Preprocessor:
    columns = tuple(replace(column, nullable=True) for column in CONTRACT.columns)
    plans = plan_columns(replace(CONTRACT, columns=columns), FitOptions())
    return fit(train, plans=plans, target="arr_delay")


def test_labels_are_string_indexers(train: DataFrame, learned: Preprocessor) -> None:
    indexed = [step for step in learned.steps if step.action == "index"]
    assert [step.name for step in indexed] == ["carrier", "tailnum", "origin", "dest"]
    for step in indexed:
        indexer = StringIndexer(inputCol=step.name, outputCol="i", handleInvalid="skip")
        assert list(step.labels or ()) == indexer.fit(train).labels


def test_means_are_imputers(train: DataFrame, learned: Preprocessor) -> None:
    filled = {step.name: step.fill for step in learned.steps if step.fill is not None}
    names = sorted(filled)
    assert {"dep_time", "air_time", "distance"} <= set(names)
    doubles = train.select(*(F.col(name).cast("double") for name in names))
    (means,) = Imputer(inputCols=names, outputCols=names).fit(doubles).surrogateDF.collect()
    # Spark's own mean depends on the order of the rows in its last digits; ours does not.
    assert [filled[name] for name in names] == pytest.approx([means[n] for n in names], rel=1e-12)


def test_the_exported_pipeline_gives_the_same_rows(
    spark: SparkSession, flights: DataFrame, learned: Preprocessor
) -> None:
    ours = learned.transform(flights)
    theirs = learned.to_spark_ml(spark).transform(flights).select(*ours.columns)
    assert ours.count() == flights.count() > 45_000
    # exceptAll both ways, in one pass over each.
    counted = ours.withColumn("n", F.lit(1)).union(theirs.withColumn("n", F.lit(-1)))
    differ = counted.groupBy(*ours.columns).agg(F.sum("n").alias("n")).where("n != 0")
    assert differ.isEmpty()


def test_pandas_gives_the_same_rows(flights: DataFrame, learned: Preprocessor) -> None:
    some = flights.where("month = 2").orderBy("time_hour", "carrier", "flight").cache()
    ours = learned.transform(some).toPandas()
    theirs = learned.transform_pandas(some.toPandas())
    assert len(ours) > 20_000
    for step in learned.steps:
        if step.action != "keep":
            assert ours[step.output].tolist() == theirs[step.output].tolist()
