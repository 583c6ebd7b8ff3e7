"""Choose the engine: what was asked for, what the job needs, and what this machine has."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec

from jobs.config import PrepareConfig
from jobs.errors import UnsupportedError
from jobs.local_files import LocalFiles, is_bare, is_local
from jobs.source import Source, find_source
from schemas.errors import InputError

ENGINES = ("spark", "sail", "auto")
INSTALL = "pip install '.[local]' in the folder of this project"
_ADDRESS = re.compile(r"sc://[^\s/:]+(:\d+)?(/.*)?")
_NEEDED = ("pysail", "grpc", "grpc_status", "google.rpc", "pandas", "pyarrow")
# Bytes of memory for a byte of input. 982 MB of CSV took 0.77 GB at the peak; Parquet is stored
# with dictionaries and packed, text packs up to eight times.
_MEMORY = {"csv": 1, "parquet": 4}
_PACKED = 8
_SAIL_READS = ("csv", "parquet")


@dataclass(frozen=True)
class Choice:
    """The engine (``spark``, ``sail`` or an ``sc://`` address), and why it was chosen."""

    name: str
    reason: str
    worth_saying: bool = False

    def __str__(self) -> str:
        return f"{self.name} ({self.reason})"


def check_name(asked: str) -> str:
    """Return the name of an engine, or raise InputError with all there are."""
    if asked in ENGINES or _ADDRESS.fullmatch(asked):
        return asked
    raise InputError(f"there is no engine {asked!r}; choose {', '.join(ENGINES)} or sc://HOST:PORT")


def choose(asked: str | None, config: PrepareConfig) -> Choice:
    """Choose an engine for a job; InputError where the one asked for is not installed.

    ``sail`` gives way to Spark where the job needs something it lacks, so that results do not
    depend on the engine; ``auto`` does so too where the input may not fit the memory.
    """
    if asked is None:
        return Choice("spark", "the default")
    check_name(asked)
    if asked not in ("sail", "auto"):
        return Choice(asked, "asked for")
    missing = _missing()
    if asked == "sail" and missing:
        raise InputError(f"engine sail needs {', '.join(missing)}: {INSTALL}")
    why_not = f"{missing[0]} is not installed" if missing else None
    if asked == "auto":
        why_not = why_not or _started_already(config)
    why_not = why_not or _not_for_sail(config)
    if why_not:
        return Choice("spark", why_not, worth_saying=True)
    try:
        source = find_source(LocalFiles(), config.input, format_name=config.input_format)
    except UnsupportedError as error:
        return Choice("spark", f"sail cannot read {error}", worth_saying=True)
    if source.format not in _SAIL_READS:
        why_not = f"sail reads {' and '.join(_SAIL_READS)} only, the input is {source.format}"
        return Choice("spark", why_not, worth_saying=True)
    return Choice("sail", "asked for") if asked == "sail" else _by_size(source)


def _missing() -> list[str]:
    """Name the packages of the extra ``local`` that are not installed."""
    return [name for name in _NEEDED if not _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the package that should hold it is not there
        return False


def _started_already(config: PrepareConfig) -> str | None:
    """Say why auto stays with Spark whatever the input."""
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return "spark-submit has started it already"
    if any(map(is_bare, _paths(config))) and os.environ.get("HADOOP_CONF_DIR"):
        return "HADOOP_CONF_DIR is set, so a path without file: may be on another file system"
    return None


def _not_for_sail(config: PrepareConfig) -> str | None:
    """Say what this job asks for that Sail does not do, or does with another result."""
    remote = [path for path in _paths(config) if not is_local(path)]
    if remote:
        return f"sail reads and writes local files only, not {remote[0]}"
    if config.input_format not in (None, *_SAIL_READS):
        return f"sail reads {' and '.join(_SAIL_READS)} only, not {config.input_format}"
    if config.format != "parquet":
        return f"sail writes parquet only, not {config.format}"
    if config.split_method == "random":
        return "--split-method random depends on Spark's partitioning"
    if config.fit.median_error:
        return "--median-error is an approximation of Spark's own"
    return None


def _paths(config: PrepareConfig) -> list[str]:
    paths = (config.input, config.output, config.contract, config.preprocessor)
    return [path for path in paths if path]


def _by_size(source: Source) -> Choice:
    needed, free = memory_needed(source), free_memory()
    size = f"{_size(source.bytes)} of local {source.format}"
    if needed <= free:
        return Choice("sail", f"{size}; {_size(free)} of memory are free", worth_saying=True)
    reason = f"{size} may take {_size(needed)}; {_size(free)} of memory are free"
    return Choice("spark", reason, worth_saying=True)


def memory_needed(source: Source) -> int:
    """Estimate the memory that Sail takes for an input at the most."""
    files, factor = LocalFiles(), _MEMORY[source.format]
    return sum(
        file.size * (_PACKED if files.is_compressed(file.path) else factor) for file in source.files
    )


def free_memory() -> int:
    """Return the bytes of memory that can be had without pushing anything out."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (ValueError, OSError):
        return 0


def _size(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
