"""An output directory that Spark, or an engine like it, writes into."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jobs.errors import ConflictError
from jobs.publish import delta
from jobs.publish.layout import DELTA_TABLE, RULE, SPLIT_COLUMN, Published
from jobs.publish.output import OutputDirectory
from jobs.rows import MOST_REASONS, with_others
from schemas.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.engine import Engine

# Spark's CSV writer strips blanks around texts and names unless told not to.
_BLANKS = {"ignoreLeadingWhiteSpace": False, "ignoreTrailingWhiteSpace": False}


class Output(OutputDirectory):
    """An output directory that Spark, or an engine like it, writes into."""

    def __init__(self, engine: Engine, path: str, run_id: str) -> None:
        super().__init__(engine.files, path, run_id)
        self.engine, self.spark = engine, engine.spark
        self._table_version: int | None = None

    def stage(self, df: DataFrame, format_name: str, codec: str | None) -> dict[str, int]:
        """Write all splits at once, partitioned by SPLIT_COLUMN; return the rows of each.

        The rows are counted in what was written, not in what should have been: for Parquet that
        reads the footers only.
        """
        path = f"{self.staging}/splits"
        writer = df.write.partitionBy(SPLIT_COLUMN).mode("error")
        _with_options(writer, format_name, codec).save(
            path if self.engine.name == "spark" else self.engine.literal(path)
        )
        reader = self.spark.read.format(format_name)
        if format_name == "csv":
            reader = reader.options(header=True, escape='"', multiLine=True)
        return _rows_by(reader.load(self.engine.literal(path)), SPLIT_COLUMN)

    def stage_bad(self, df: DataFrame) -> dict[tuple[str, str], int]:
        """Write bad rows as JSON lines, each rule apart; count them by rule and reason.

        Of the reasons, MOST_REASONS are named, the most frequent ones.
        """
        from pyspark.sql import functions as F

        path = f"{self.staging}/bad"
        df.write.partitionBy(RULE).json(path)
        reader = self.spark.read.schema(f"reason string, {RULE} string")
        rows = reader.json(self.engine.literal(path))
        counts = rows.groupBy(RULE, "reason").count().orderBy(F.desc("count"), RULE, "reason")
        found = {(row[0], row[1]): int(row[2]) for row in counts.limit(MOST_REASONS + 1).collect()}
        if len(found) <= MOST_REASONS:
            return found
        found.popitem()
        return with_others(found, _rows_by(rows, RULE))

    def bad_examples(self, rule: str, most: int) -> list[Any]:
        """Return a few of the staged bad rows: source file and cells."""
        reader = self.spark.read.schema("source_file string, row string")
        return reader.json(self.engine.literal(self.staged_rule(rule))).limit(most).collect()

    def write_delta(
        self, df: DataFrame, codec: str | None, work: Mapping[str, Any]
    ) -> dict[str, int]:
        """Replace the Delta table in one commit for all splits; return the rows of each.

        Where the newest commit did the same ``work`` (:func:`jobs.publish.delta.application_of`),
        nothing is written again. Raises ConflictError where another run published meanwhile, or
        wrote the table right after this one.
        """
        self.check_unchanged()
        table, application = f"{self.path}/{DELTA_TABLE}", delta.application_of(work)
        newest = delta.newest_commit(self.files, table)
        if newest is None or newest.application != application:
            # Delta passes over a version that is not above the application's last one.
            version = newest.version + 1 if newest else 0
            writer = df.write.format("delta").partitionBy("split").mode("overwrite")
            writer = writer.options(overwriteSchema=True, compression=codec)
            writer.options(txnAppId=application, txnVersion=version).save(table)
            newest = delta.newest_commit(self.files, table)
        if newest is None or newest.application != application:
            raise ConflictError(
                f"another run is writing the Delta table of {self.path} at the same time; nothing "
                "of this run was published; run again when that one has ended"
            )
        self._table_version = newest.version
        return _rows_by(self._table(), "split")

    def _table(self) -> DataFrame:
        """Give this run's version of the table, whatever others write meanwhile."""
        path = self.engine.literal(f"{self.path}/{DELTA_TABLE}")
        version = str(self._table_version)
        return self.spark.read.format("delta").option("versionAsOf", version).load(path)

    def delta_version(self) -> int | None:
        """Give the version of the table that this run wrote; None before it did."""
        return self._table_version

    def commit(
        self, staged: Mapping[str, Published], manifest: Mapping[str, Any], preprocessor: str
    ) -> list[str]:
        """Publish; where another run was first, its Delta table becomes the newest one again."""
        try:
            return super().commit(staged, manifest, preprocessor)
        except ConflictError:
            if manifest["format"] == "delta":
                with suppress(InputError):  # whose manifest stands cannot be read
                    self._restore_winner(manifest["delta_version"])
            raise

    def _restore_winner(self, own: int) -> None:
        winner, table = self.current().get("delta_version"), f"{self.path}/{DELTA_TABLE}"
        newest = delta.newest_commit(self.files, table)
        if winner is not None and own > winner and newest and newest.version == own:
            delta.restore(self.spark, table, winner)

    def delta_files(self) -> list[Published]:
        """List the files of this run's version of the table."""
        from urllib.parse import unquote

        path = f"{self.path}/{DELTA_TABLE}"
        sizes = {unquote(file.path): file for file in self.files.walk(path)}
        out = []
        for uri in self._table().inputFiles():
            full = self.files.full(unquote(uri))
            relative = full[len(self.path) + 1 :]
            split = relative.split("split=", 1)[1].split("/", 1)[0]
            out.append(Published(relative, split, sizes[full].size))
        return sorted(out, key=lambda file: file.path)


def _with_options(writer: Any, format_name: str, codec: str | None) -> Any:
    if format_name == "csv":
        # Nothing between two commas is null, two quotes are an empty text.
        return writer.format("csv").options(header=True, escape='"', emptyValue='""', **_BLANKS)
    return writer.format(format_name).option("compression", codec)


def _rows_by(df: DataFrame, column: str) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in df.groupBy(column).count().collect()}
