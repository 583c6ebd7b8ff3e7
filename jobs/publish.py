"""Publish a finished run: stage beside the old result, move in, put the manifest last.

Until the new manifest stands, every file of the old result stays where it was; a reader that
follows the manifest never sees a mixture. The old files are removed after that.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.files import Files, java_message
from schemas.errors import InputError
from schemas.names import RESERVED_PREFIX
from transforms.preprocessor import preprocessor_from_json

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.engine import Engine

MANIFEST = "manifest.json"
PREPROCESSOR = "preprocessor.json"
QUARANTINE = "quarantine"
DELTA_TABLE = "delta"
SPLIT_COLUMN = RESERVED_PREFIX + "split"
RULE = RESERVED_PREFIX + "rule"  # as in schemas.conform, which needs pyspark
_OURS = re.compile(r"part-\d{5,}-\d{8}T\d{6}Z-[0-9a-f]{8}\.[a-z0-9.]+")
_DIRECTORIES = ("train", "validation", "test", QUARANTINE)
# Spark's CSV writer strips blanks around texts and names unless told not to.
_BLANKS = {"ignoreLeadingWhiteSpace": False, "ignoreTrailingWhiteSpace": False}


@dataclass(frozen=True)
class Published:
    """One published data file, relative to the output."""

    path: str
    split: str
    bytes: int

    def entry(self) -> dict[str, Any]:
        """The file's line in the manifest."""
        return {"path": self.path, "split": self.split, "bytes": self.bytes}


class OutputDirectory:
    """An output directory while a run writes into it, whatever writes the data files."""

    def __init__(self, files: Files, path: str, run_id: str) -> None:
        self.files, self.run_id = files, run_id
        self.path = self.files.full(path).rstrip("/")
        self.staging = f"{self.path}/_staging-{run_id}"
        self.old = self._old_manifest()
        self.is_new = not self.files.exists(self.path)
        self.published = False

    def _old_manifest(self) -> dict[str, Any]:
        path = f"{self.path}/{MANIFEST}"
        try:
            if not self.files.exists(path):
                return {}
            data = json.loads(self.files.read_text(path))
            if data["job"] != "prepare" or not all(
                isinstance(f["path"], str) for f in data["files"]
            ):
                raise ValueError("not ours")
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path} was not written by prepare; choose another output") from None
        except Exception as error:  # noqa: BLE001 - whatever Hadoop raises, it is this path
            raise InputError(f"cannot read {self.path}: {java_message(error)}") from None
        return dict(data)

    def check_free(self) -> None:
        """Raise InputError where files of somebody else would be mixed with the result."""
        known = {entry["path"] for entry in self.old.get("files", ())}
        alone = [] if self.old or self._is_left_over() else [PREPROCESSOR]
        if not self._has_own_delta():
            alone.append(DELTA_TABLE)
        for name in alone:
            if self.files.exists(f"{self.path}/{name}"):
                raise InputError(
                    f"{self.path} already holds {name}, which prepare did not write; "
                    "choose another output or move it away"
                )
        for directory in _DIRECTORIES:
            path = f"{self.path}/{directory}"
            for file in self.files.walk(path) if self.files.exists(path) else ():
                relative = file.path[len(self.path) + 1 :]
                if relative not in known and not _OURS.fullmatch(file.name):
                    raise InputError(
                        f"{self.path} already holds {relative}, which prepare did not write; "
                        "choose another output or move that file away"
                    )

    def _is_left_over(self) -> bool:
        """Tell whether a preprocessor lies here that a run wrote which died before its manifest."""
        path = f"{self.path}/{PREPROCESSOR}"
        try:
            return self.files.exists(path) and bool(
                preprocessor_from_json(self.files.read_text(path))
            )
        except InputError:
            return False

    def _has_own_delta(self) -> bool:
        files = self.old.get("files", ())
        return any(entry["path"].startswith(DELTA_TABLE + "/") for entry in files)

    def open(self) -> None:
        """Make the staging directory; InputError where the output cannot be written."""
        try:
            self.files.make_directory(self.staging)
            self.files.write_text(f"{self.staging}/_writable", "")
        except Exception as error:  # noqa: BLE001 - whatever Hadoop raises, it is this path
            raise InputError(f"cannot write to {self.path}: {java_message(error)}") from None

    def close(self) -> None:
        """Remove the staging directory, and an output that this run made and did not fill."""
        if self.files.exists(self.staging):
            self.files.remove(self.staging)
        if self.is_new and not self.published and self.files.exists(self.path):
            self.files.remove(self.path)

    def staged_split(self, split: str) -> str:
        """Say where the files of a split are staged."""
        return f"{self.staging}/splits/{SPLIT_COLUMN}={split}"

    def staged_rule(self, rule: str) -> str:
        """Say where the rows are staged that a rule applies to."""
        return f"{self.staging}/bad/{RULE}={rule}"

    def staged_files(self, ending: str) -> dict[str, Published]:
        """List the staged files, and what each will be called; those of splits get the ending."""
        planned = {}
        for directory in _DIRECTORIES:
            is_bad = directory == QUARANTINE
            staged = self.staged_rule(QUARANTINE) if is_bad else self.staged_split(directory)
            found = self.files.walk(staged) if self.files.exists(staged) else []
            for number, file in enumerate(found):
                name = f"part-{number:05d}-{self.run_id}{'.json' if is_bad else ending}"
                planned[file.path] = Published(f"{directory}/{name}", directory, file.size)
        return planned

    def commit(
        self, staged: Mapping[str, Published], manifest: Mapping[str, Any], preprocessor: str
    ) -> None:
        """Move the staged files beside the old ones, put the manifest, remove the old files.

        Where a step before the manifest fails, the files already moved are taken away again.
        """
        text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            for path, file in staged.items():
                self.files.make_directory(f"{self.path}/{file.split}")
                self.files.move(path, f"{self.path}/{file.path}")
            self.files.write_text(f"{self.path}/{PREPROCESSOR}", preprocessor)
            self.files.write_text(f"{self.path}/{MANIFEST}", text)
            self.published = True
        except BaseException:
            for file in staged.values():
                self.files.remove(f"{self.path}/{file.path}")
            raise
        self._remove_old({entry["path"] for entry in manifest["files"]})

    def _remove_old(self, current: Iterable[str]) -> None:
        keep = {f"{self.path}/{relative}" for relative in current}
        for directory in _DIRECTORIES:
            path = f"{self.path}/{directory}"
            for file in self.files.walk(path) if self.files.exists(path) else ():
                if file.path not in keep:
                    self.files.remove(file.path)
            self.files.remove_if_empty(path)
        delta = f"{self.path}/{DELTA_TABLE}"
        if self._has_own_delta() and not any(path.startswith(delta + "/") for path in keep):
            self.files.remove(delta)


class Output(OutputDirectory):
    """An output directory that Spark, or an engine like it, writes into."""

    def __init__(self, engine: Engine, path: str, run_id: str) -> None:
        super().__init__(engine.files, path, run_id)
        self.engine, self.spark = engine, engine.spark

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
        """Write bad rows as JSON lines, each rule apart; count them by rule and reason."""
        path = f"{self.staging}/bad"
        df.write.partitionBy(RULE).json(path)
        reader = self.spark.read.schema(f"reason string, {RULE} string")
        counts = reader.json(self.engine.literal(path)).groupBy(RULE, "reason").count().collect()
        return {(row[0], row[1]): int(row[2]) for row in counts}

    def bad_examples(self, rule: str, most: int) -> list[Any]:
        """Return a few of the staged bad rows: source file and cells."""
        reader = self.spark.read.schema("source_file string, row string")
        return reader.json(self.engine.literal(self.staged_rule(rule))).limit(most).collect()

    def write_delta(self, df: DataFrame, codec: str | None) -> dict[str, int]:
        """Replace the Delta table in one commit for all splits; return the rows of each."""
        path = f"{self.path}/{DELTA_TABLE}"
        writer = df.write.format("delta").partitionBy("split").mode("overwrite")
        writer.options(overwriteSchema=True, compression=codec).save(path)
        return _rows_by(self.spark.read.format("delta").load(self.engine.literal(path)), "split")

    def delta_files(self) -> list[Published]:
        """List the files of the table's newest version, and its log."""
        from urllib.parse import unquote

        path = f"{self.path}/{DELTA_TABLE}"
        sizes = {unquote(file.path): file for file in self.files.walk(path)}
        out = []
        for uri in self.spark.read.format("delta").load(self.engine.literal(path)).inputFiles():
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
