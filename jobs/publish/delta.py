"""The Delta table of an output: written once for the same work, put back for a run that lost.

Delta keeps the newest transaction of each application in its log (``txn.appId``, ``txn.version``:
protocol specification, "Transaction Identifiers"). Here the application is the work itself: a run
that was killed between the table's commit and the manifest is repeated without writing again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobs.files import Files, escaped

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_APPLICATION = "spark-etl-prepare-"
_COMMIT = re.compile(r"(\d{20})\.json")


@dataclass(frozen=True)
class Commit:
    """The newest commit of a table: its version, and the application that says it made it."""

    version: int
    application: str | None

    @property
    def is_ours(self) -> bool:
        """Tell whether a run of prepare made it."""
        return bool(self.application and self.application.startswith(_APPLICATION))


def application_of(work: Mapping[str, Any]) -> str:
    """Name the application that does some work: the same for the same input, options and code."""
    text = json.dumps(work, sort_keys=True, default=str)
    return _APPLICATION + hashlib.sha256(text.encode()).hexdigest()


def newest_commit(files: Files, table: str) -> Commit | None:
    """Read a table's newest commit; None where there is no table."""
    log = f"{table}/_delta_log"
    if not files.exists(log):
        return None
    names = [path.rsplit("/", 1)[-1] for path in files.glob(f"{escaped(log)}/*.json")]
    versions = [found[1] for name in names if (found := _COMMIT.fullmatch(name))]
    if not versions:
        return None
    newest = max(versions)
    lines = files.read_text(f"{log}/{newest}.json").splitlines()
    actions = [json.loads(line) for line in lines if line]
    transactions = [action["txn"]["appId"] for action in actions if "txn" in action]
    return Commit(int(newest), transactions[0] if transactions else None)


def restore(spark: SparkSession, table: str, version: int) -> None:
    """Make an earlier version of a table its newest one again, in a commit of its own."""
    jvm: Any = spark.sparkContext._jvm
    session = spark._jsparkSession  # type: ignore[attr-defined,unused-ignore]
    jvm.io.delta.tables.DeltaTable.forPath(session, table).restoreToVersion(version)
