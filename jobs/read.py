"""Read the input as a DataFrame held against its contract."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.declared import check_header, contract_of_types
from jobs.errors import MOST_CHARACTERS, UnsupportedError
from jobs.files import ZSTD_CODEC, Files
from jobs.footers import check_footers
from jobs.json_cells import as_written
from jobs.lines import check_native, header_line, screen_lines, screen_native
from jobs.sample import contract_name, header_of, infer_from, json_names
from jobs.session import check_delta
from jobs.source import Source
from schemas.check_columns import check_columns
from schemas.conform import RAW_LINE, SOURCE_FILE, conform
from schemas.contract import Contract
from schemas.errors import InputError
from schemas.screen import BAD, screen, with_cells

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, DataFrameReader

    from jobs.engine import Engine


@dataclass(frozen=True)
class Table:
    """The input with its contract; ``load`` reads it anew at every use."""

    source: Source
    contract: Contract
    inferred: bool
    notes: tuple[str, ...]
    header: tuple[str, ...]
    # The header as it is written, where the lines may be cut without a CSV parser.
    header_line: str | None = None

    def screen(self, engine: Engine, *, check: bool = True, lines: bool = False) -> DataFrame:
        """Return typed rows with their FLAW; with ``lines``, cut without a CSV parser."""
        if lines and not engine.has_corrupt_records:
            paths = paths_of(engine, self.source)
            return screen_native(
                engine, paths, names=self.header, contract=self.contract, check=check
            )
        if lines:
            assert self.header_line is not None
            return screen_lines(
                _reader(engine, self.source)
                .option("io.compression.codecs", ZSTD_CODEC)
                .text(paths_of(engine, self.source)),
                header=self.header_line,
                names=self.header,
                contract=self.contract,
                check=check,
            )
        from pyspark.sql import functions as F

        df, cells = with_cells(_raw(engine, self), self.contract)
        flaw = None
        if RAW_LINE in df.columns:
            flaw = F.when(F.col(RAW_LINE).isNotNull(), F.lit(BAD))
        return screen(
            df, contract=self.contract, cells=cells, text=self.is_text, flaw=flaw, check=check
        )

    def load(self, engine: Engine) -> DataFrame:
        """Return typed rows, with the rule and reasons of those that break the contract."""
        from pyspark.sql import functions as F

        df = _raw(engine, self)
        where = F.col("_metadata.file_path")
        # Spark writes a blank as %20 there; a plus is a plus.
        where = F.url_decode(F.replace(where, F.lit("+"), F.lit("%2B"))).alias(SOURCE_FILE)
        return conform(df.select("*", where), contract=self.contract, text=self.is_text)

    @property
    def is_text(self) -> bool:
        """Tell whether cells arrive as strings."""
        return self.source.format in ("csv", "json")


def open_table(engine: Engine, source: Source, contract: Contract | None) -> Table:
    """Match a source with its contract, or infer one; every discrepancy is reported at once."""
    files = engine.files
    notes: tuple[str, ...] = ()
    given = contract
    header: tuple[str, ...] = ()
    if source.format in ("csv", "json"):
        if contract is None:
            inferred = infer_from(files, source, contract_name(source.path))
            contract, notes = inferred.contract, inferred.notes
        if source.format == "csv":
            # What was inferred has the header's names in its order, and they were checked.
            header = contract.names
            if given is not None:
                header = header_of(files, source, contract)
                check_header(source, header)
                check_columns(contract, dict.fromkeys(header), source=source.path)
        else:
            header = contract.names
            if given is not None:
                check_columns(
                    contract, dict.fromkeys(json_names(files, source)), source=source.path
                )
    else:
        if source.format == "parquet":
            check_footers(files, source)
        types = dict(_typed_reader(engine, source).dtypes)
        contract = contract or contract_of_types(types, source)
        check_columns(contract, dict(types), source=source.path)
    line = header_line(files, source, contract, verify=not engine.is_classic)
    if not engine.has_corrupt_records and source.format == "csv":
        check_native(contract, line)
    return Table(source, contract, given is None, notes, header, line)


def _raw(engine: Engine, table: Table) -> DataFrame:
    from pyspark.sql import types as T

    source = table.source
    if not table.is_text:
        return _typed_reader(engine, source)
    stored = [name for name in table.header if name not in source.partitions]
    fields = [T.StructField(name, T.StringType()) for name in (*stored, RAW_LINE)]
    reader = _reader(engine, source).schema(T.StructType(fields))
    reader = reader.option("mode", "PERMISSIVE").option("columnNameOfCorruptRecord", RAW_LINE)
    reader = reader.option("io.compression.codecs", ZSTD_CODEC)
    if source.format == "json":
        return as_written(reader.json(paths_of(engine, source)), table.contract)
    dialect = table.contract.csv
    return reader.options(
        header=True,
        # Names are compared with every file's header: a file whose columns come in another order
        # would be read by position, silently swapped.
        enforceSchema=False,
        sep=dialect.delimiter,
        quote=dialect.quote,
        escape=dialect.escape,
        encoding=_java_encoding(engine.files, dialect.encoding),
        multiLine=dialect.multiline,
        maxCharsPerColumn=MOST_CHARACTERS,
        # Without the columns that are left out, Spark would not see that a line is too long.
        columnPruning=False,
    ).csv(paths_of(engine, source))


def _java_encoding(files: Files, name: str) -> str:
    """Translate Python's name of an encoding to one that the engine knows."""
    chosen = codecs.lookup(name).name.removesuffix("-sig")
    if not files.knows_encoding(chosen):
        raise InputError(f"csv.encoding {name!r} is not known to Java; try UTF-8 or ISO-8859-1")
    return chosen


def _typed_reader(engine: Engine, source: Source) -> DataFrame:
    if source.format == "delta":
        check_delta()
        reader = engine.spark.read.format("delta")
        if source.delta_version is not None:
            # Both reads see the same rows, whoever writes to the table meanwhile.
            reader = reader.option("versionAsOf", str(source.delta_version))
        return reader.load(paths_of(engine, source)[0])
    return _reader(engine, source).parquet(*paths_of(engine, source))


def _reader(engine: Engine, source: Source) -> DataFrameReader:
    """Make Spark find the files that were listed: in sub-directories too, or as partitions."""
    if source.partitions:
        return engine.spark.read.option("basePath", source.base)
    return engine.spark.read.option("recursiveFileLookup", True)


def paths_of(engine: Engine, source: Source) -> list[str]:
    """Give what the engine has to be told to read the files that were listed, and no other."""
    if engine.is_classic:
        return [engine.literal(root) for root in source.roots]
    if source.partitions:
        raise UnsupportedError("name=value directories")
    return [engine.literal(file.path) for file in source.files]
