"""The infer job: write a contract from a sample, for a person to read and correct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobs.engine import spark_engine
from jobs.errors import naming_damage
from jobs.files import java_message
from jobs.read import open_table
from jobs.source import find_source
from schemas.contract_json import contract_to_json
from schemas.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def run(
    spark: SparkSession,
    input_path: str,
    *,
    output: str | None,
    target: str | None,
    key: tuple[str, ...],
    input_format: str | None,
    overwrite: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """Infer a contract; return its JSON and what a person should look at. Writes only ``output``.

    An existing ``output`` is refused without ``overwrite``: somebody may have corrected it.
    """
    engine = spark_engine(spark)
    files = engine.files
    if output and files.exists(output) and not overwrite:
        raise InputError(f"{output} exists; give another --output, or --overwrite to replace it")
    source = find_source(files, input_path, format_name=input_format)
    with naming_damage(files, source):
        table = open_table(engine, source, None)
    contract = table.contract.with_choices(target=target, key=key)
    text = contract_to_json(contract)
    if output:
        try:
            if files.is_directory(output):
                raise OSError("it is a directory")
            files.write_text(output, text)
        except Exception as error:  # noqa: BLE001 - whatever Hadoop raises, it is this path
            raise InputError(f"cannot write {output}: {java_message(error)}") from None
    return text, table.notes
