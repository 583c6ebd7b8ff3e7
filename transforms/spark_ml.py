"""Export a preprocessor as a Spark ML PipelineModel; imported only when it is called."""

from __future__ import annotations

from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.feature import Imputer, SQLTransformer, StringIndexerModel
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from schemas.names import quoted
from transforms.preprocessor import ColumnStep, Preprocessor, PreprocessorError


def pipeline_model(preprocessor: Preprocessor, spark: SparkSession) -> PipelineModel:
    """Build StringIndexerModels, one ImputerModel and the casts and selects around them.

    Its output has the columns of ``preprocessor.transform``. Raises PreprocessorError for what
    Spark ML has no counterpart of: policy ``separate``, scaling, columns that are numbers by
    wish (boolean, date, timestamp), and names that its SQL cannot quote.
    """
    problems = [problem for step in preprocessor.steps for problem in _problems(step)]
    if problems:
        raise PreprocessorError("Spark ML cannot express this preprocessor:", problems)
    filled = [step for step in preprocessor.steps if step.fill is not None]
    indexed = [step for step in preprocessor.steps if step.action == "index"]
    stages: list[Transformer] = []
    if any(step.action == "number" for step in preprocessor.steps):
        stages.append(_casts(preprocessor.steps))
    if filled:
        stages.append(_imputer(filled, spark))
    for step in indexed:
        assert step.labels is not None
        label = f"CAST({quoted(step.name)} AS STRING)"
        if step.type != "string":
            stages.append(
                SQLTransformer(
                    statement=f"SELECT *, {label} AS {quoted(_text(step))} FROM __THIS__"
                )
            )
        stages.append(
            StringIndexerModel.from_labels(
                list(step.labels),
                inputCol=step.name if step.type == "string" else _text(step),
                outputCol=step.output,
                handleInvalid=step.unseen or "keep",
            )
        )
    outputs = ", ".join(quoted(step.output) for step in preprocessor.steps)
    stages.append(SQLTransformer(statement=f"SELECT {outputs} FROM __THIS__"))
    return PipelineModel(stages)


def _problems(step: ColumnStep) -> list[str]:
    where = f"column {step.name!r}:"
    problems = []
    if "." in step.name or "`" in step.name:
        problems.append(f"{where} the name has a dot or a back-tick")
    if step.unseen == "separate":
        problems.append(f"{where} policy 'separate'; use 'keep'")
    if step.center is not None:
        problems.append(f"{where} scaled")
    if step.action == "number" and step.type in ("boolean", "date", "timestamp"):
        problems.append(f"{where} a {step.type} taken as a number")
    return problems


def _text(step: ColumnStep) -> str:
    return f"__prepare_text_{step.name}"


def _casts(steps: tuple[ColumnStep, ...]) -> SQLTransformer:
    """Give numbers their output type first: ImputerModel cuts a mean to an integer column's type.

    NaN becomes null, as in ``preprocessor.transform``.
    """
    listed = []
    for step in steps:
        name = quoted(step.name)
        value = f"NULLIF({name}, DOUBLE('NaN'))" if step.type in ("float", "double") else name
        cast = f"CAST({value} AS {step.output_type}) AS {name}"
        listed.append(cast if step.action == "number" else name)
    return SQLTransformer(statement=f"SELECT {', '.join(listed)} FROM __THIS__")


def _imputer(filled: list[ColumnStep], spark: SparkSession) -> Transformer:
    """Fit an Imputer on one row that holds the learned values: the mean of one value is itself."""
    names = [step.name for step in filled]
    schema = T.StructType([T.StructField(name, T.DoubleType()) for name in names])
    one_row = spark.createDataFrame([tuple(step.fill for step in filled)], schema)
    return Imputer(inputCols=names, outputCols=names, strategy="mean").fit(one_row)
