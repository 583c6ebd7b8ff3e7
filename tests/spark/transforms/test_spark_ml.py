from __future__ import annotations

from decimal import Decimal

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from schemas.contract import Column, Contract
from transforms.fit import fit
from transforms.plan import FitOptions, plan_columns
from transforms.preprocessor import ColumnStep, Preprocessor, PreprocessorError

pytestmark = pytest.mark.spark_only

CONTRACT = Contract(
    (
        Column("x", "int"),
        Column("a b", "double"),
        Column("d", "decimal(5,2)"),
        Column("n", "int", nullable=False),
        Column("S", "string"),
        Column("s", "string"),
        Column("day", "date", treat="category"),
        Column("i", "int", treat="category"),
        Column("y", "boolean"),
    ),
    target="y",
)
SCHEMA = (
    "x int, `a b` double, d decimal(5,2), n int, S string, s string, day date, i int, y boolean"
)


def frame(spark: SparkSession, *, hole: str | None, new: str) -> DataFrame:
    nan, empty = (float("nan"), None) if hole is None else (9.5, 9)
    rows = [
        (1, 0.5, Decimal("1.25"), 3, "u", "b", None, 7, True),
        (2, 1.5, Decimal("2.50"), 3, "v", "a", None, 8, None),
        (4, nan, None, 4, "u", "b", None, 7, False),
        (empty, None, None, 5, "u", new, None, 8, True),
        (empty, nan, None, 5, hole, "a", None, 8, True),
    ]
    df = spark.createDataFrame(rows, SCHEMA)
    return df.selectExpr(
        *(f"`{n}`" for n in df.columns[:6]), "date_add(DATE'2013-01-01', n) day", "i", "y"
    )


def fitted(df: DataFrame, unseen: str) -> Preprocessor:
    options = FitOptions(unseen=unseen)
    return fit(df, plans=plan_columns(CONTRACT, options), options=options, target="y")


@pytest.mark.parametrize("unseen", ["keep", "skip"])
def test_the_pipeline_gives_what_the_preprocessor_gives(spark: SparkSession, unseen: str) -> None:
    preprocessor = fitted(frame(spark, hole="u", new="a"), unseen)
    df = frame(spark, hole=None, new="never seen")
    model = preprocessor.to_spark_ml(spark)
    ours, theirs = preprocessor.transform(df), model.transform(df)
    assert model.transform(df.limit(0)).collect() == []
    assert ours.count() == {"keep": 5, "skip": 3}[unseen]
    assert_df_equality(theirs, ours, ignore_nullable=True, ignore_metadata=True)


def test_policy_error_passes_known_labels_and_raises_for_others(spark: SparkSession) -> None:
    known = frame(spark, hole="u", new="a")
    preprocessor = fitted(known, "error")
    model = preprocessor.to_spark_ml(spark)
    ours = preprocessor.transform(known)
    assert_df_equality(model.transform(known), ours, ignore_nullable=True, ignore_metadata=True)
    with pytest.raises(Exception, match="Unseen label"):
        model.transform(frame(spark, hole="u", new="never seen")).collect()


def step(name: str, type_name: str = "int", **learned: float) -> ColumnStep:
    return ColumnStep(name, type_name, "number", name, "double", "mean", **learned)


def test_everything_spark_ml_cannot_express_is_named(spark: SparkSession) -> None:
    labels = ColumnStep("s", "string", "index", "s_i", "double", labels=("a",), unseen="separate")
    steps = (
        step("a.b", fill=1.0),
        step("a`b", fill=1.0),
        labels,
        step("z", center=1.0, spread=2.0),
        step("day", "date"),
        step("fine", fill=1.0),
    )
    with pytest.raises(PreprocessorError, match="^Spark ML cannot express this") as caught:
        Preprocessor(steps, None, 1, FitOptions()).to_spark_ml(spark)
    assert caught.value.problems == (
        "column 'a.b': the name has a dot or a back-tick",
        "column 'a`b': the name has a dot or a back-tick",
        "column 's': policy 'separate'; use 'keep'",
        "column 'z': scaled",
        "column 'day': a date taken as a number",
    )


def test_numbers_without_a_fill_keep_their_type_and_lose_nan(spark: SparkSession) -> None:
    """Spark ML would pass NaN on, and leave an int column that nothing fills an int."""
    contract = Contract(
        (Column("x", "double", nullable=False), Column("i", "int"), Column("z", "int"))
    )
    df = spark.createDataFrame([(1.5, None, 1), (float("nan"), None, 2)], "x double, i int, z int")
    preprocessor = fit(df, plans=plan_columns(contract, FitOptions()))
    expected = spark.createDataFrame(
        [(1.5, None, 1.0), (None, None, 2.0)], "x double, i double, z double"
    )
    assert_df_equality(preprocessor.transform(df), expected, ignore_nullable=True)
    pipeline = preprocessor.to_spark_ml(spark)
    assert_df_equality(pipeline.transform(df), expected, ignore_nullable=True)
