"""The command line of the jobs: what can be asked, in words that teach."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from jobs import __version__
from schemas.errors import InputError

_EXAMPLES = """examples:
  spark-submit jobs/main.py prepare flights.csv out --target arr_delay
  spark-submit jobs/main.py prepare flights.csv out --target arr_delay --explain
  python jobs/main.py prepare flights.csv out --target arr_delay --engine auto
  python jobs/main.py prepare-tabular flights.csv out --target arr_delay
  spark-submit jobs/main.py infer flights.csv --output flights.json
  spark-submit jobs/main.py prepare s3://bucket/raw s3://bucket/ready --contract flights.json

exit codes: 0 done, 2 the input or an option is wrong, 3 a gate of evaluate is missed, 130 Ctrl-C,
  1 anything else
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors reach DescribeProcessingJob too; options are not cut short."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        from jobs.exit_message import leave_message

        leave_message(InputError(message), message)
        super().error(message)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of ``jobs/main.py``."""
    parser = _Parser(
        prog="main.py",
        description="Prepare large tables for machine learning with Spark.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_prepare(commands)
    _add_prepare_tabular(commands)
    _add_infer(commands)
    _add_clean(commands)
    from jobs.evaluate.cli import add_evaluate

    add_evaluate(commands)
    return parser


def _add_prepare(commands: Any) -> None:
    prepare = commands.add_parser(
        "prepare",
        help="split, fill, index and scale a table; publish train, validation and test",
        description="Read INPUT, check it against a contract, split it, learn means and labels "
        "from the training rows alone, apply them everywhere, and publish the splits to OUTPUT "
        "with the preprocessor and a manifest.",
    )
    split = _add_table(prepare, places="local, s3://, s3a://, hdfs://")
    split.add_argument("--split-method", choices=("hash", "random"), default="hash",
                       help="hash: each row by itself, always the same; random: Spark's "
                       "randomSplit, which depends on the partitioning (default: %(default)s)")  # fmt: skip
    learned = prepare.add_argument_group("what is learned")
    _add_learning(learned, fill="mean")
    learned.add_argument("--median-error", type=float, default=0.0, metavar="E",
        help="relative error a median may have, such as 0.001; saves memory (default: exact)")  # fmt: skip
    learned.add_argument(
        "--scale", action="store_true", help="scale numeric columns to mean 0, deviation 1"
    )
    learned.add_argument(
        "--drop-duplicates", action="store_true", help="keep one of rows equal in every column"
    )
    files = prepare.add_argument_group("files")
    files.add_argument("--format", choices=("parquet", "delta", "csv"), default="parquet",
                       help="of the published splits (default: %(default)s)")  # fmt: skip
    _add_writing(files)
    files.add_argument("--target-file-size", default="128MB", metavar="SIZE",
                       help="of the largest split's files; input of many small files is drawn "
                       "together to that (default: %(default)s)")  # fmt: skip
    files.add_argument("--input-format", choices=("csv", "parquet", "delta", "json"),
                       help="(default: by the files' names)")  # fmt: skip
    _add_engine(prepare.add_argument_group("engine"))
    prepare.add_argument(
        "--explain", action="store_true", help="print what would be done, touch nothing"
    )
    prepare.add_argument(
        "--debug", action="store_true", help="show Spark's warnings, and stack traces on errors"
    )


def _add_prepare_tabular(commands: Any) -> None:
    tabular = commands.add_parser(
        "prepare-tabular",
        help="the same for data that fit one machine: pandas, no Spark, no Java",
        description="Do what prepare does, in the memory of this machine: the same contract, the "
        "same split row by row, the same preprocessor. Needs pandas and numpy only.",
    )
    _add_table(tabular, places="on this machine")
    # What prepare lets one choose and this job does not.
    tabular.set_defaults(split_method="hash", median_error=0.0, target_file_size="128MB")
    learned = tabular.add_argument_group("what is learned")
    _add_learning(learned, fill="median")
    learned.add_argument("--no-scale", dest="scale", action="store_false",
                         help="leave numeric columns as they are (default: scaled to mean 0, deviation 1)")  # fmt: skip
    learned.add_argument("--keep-duplicates", dest="drop_duplicates", action="store_false",
                         help="keep rows that are equal in every column (default: one of them is kept)")  # fmt: skip
    files = tabular.add_argument_group("files")
    files.add_argument("--format", choices=("csv", "parquet"), default="csv",
                       help="of the published splits; parquet needs pyarrow (default: %(default)s)")  # fmt: skip
    _add_writing(files)
    files.add_argument("--input-format", choices=("csv", "parquet"),
                       help="(default: by the files' names)")  # fmt: skip
    tabular.add_argument("--explain", action="store_true",
                         help="print what would be done and the memory it takes, touch nothing")  # fmt: skip
    tabular.add_argument("--debug", action="store_true", help="show stack traces on errors")


def _add_table(command: Any, *, places: str) -> Any:
    """Add what every preparation is told: places, target and contract; return the split's group."""
    add = command.add_argument
    add("input", metavar="INPUT", help=f"file, directory or glob: {places}")
    add("output", metavar="OUTPUT", help="directory to publish to; an earlier run is replaced")
    add("--target", metavar="COLUMN", help="what is to be learned; rows without it are dropped "
        "(default: the contract's)")  # fmt: skip
    add("--contract", metavar="FILE", help="what the table must look like (default: inferred "
        "from a sample and recorded in the manifest)")  # fmt: skip
    add("--preprocessor", metavar="FILE", help="apply this earlier preprocessor.json, fit nothing")
    split = command.add_argument_group("split")
    split.add_argument("--weights", default="0.7,0.15,0.15", metavar="T,V,T",
                       help="shares of train, validation and test (default: %(default)s)")  # fmt: skip
    split.add_argument("--seed", type=int, default=42, help="(default: %(default)s)")
    split.add_argument("--key", metavar="COLUMN[,COLUMN…]", help="columns that decide a row's split "
                       "(default: the contract's key, else all columns)")  # fmt: skip
    return split


def _add_learning(group: Any, *, fill: str) -> None:
    add = group.add_argument
    add("--fill", choices=("mean", "median", "none"), default=fill,
        help="for nulls in numeric columns (default: %(default)s)")  # fmt: skip
    add("--unseen", choices=("error", "skip", "keep", "separate"), default="keep",
        help="a null, or a label not seen in training: an error, a row left out, one index for "
        "both, or an index each (default: %(default)s)")  # fmt: skip
    add("--min-frequency", type=int, default=1, metavar="N",
        help="rarer labels count as unseen (default: %(default)s)")  # fmt: skip
    add("--max-labels", type=_labels, default=100_000, metavar="N|unlimited",
        help="most labels of one column, the most frequent first (default: %(default)s)")  # fmt: skip


def _add_writing(group: Any) -> None:
    from jobs.config import COMPRESSIONS

    group.add_argument("--compression", choices=tuple(COMPRESSIONS),
                       help="of Parquet files: zstd makes smaller "
                       "ones than snappy, gzip smaller and slower ones (default: snappy)")  # fmt: skip
    group.add_argument("--escape-formulas", action="store_true",
                       help="in CSV for spreadsheets: put ' before texts that begin with one of = + - @, "
                       "a tab or a line end; not for training")  # fmt: skip


def _add_engine(group: Any) -> None:
    add = group.add_argument
    add("--engine", type=_engine, metavar="ENGINE",
        help="what does the work: spark (the default); sail, a native engine without Java for one "
        "machine (pip install '.[local]'), with the same results in less time; "
        "auto: sail where it can do the job and the input fits the memory, else spark, and says "
        "why; sc://HOST:PORT, a Spark Connect server that sees the same local files")  # fmt: skip
    add("--engine-timeout", type=_seconds, default=3600.0, metavar="SECONDS",
        help="give sail or a server up after this time; sail's work then starts over on spark "
        "(default: %(default)g)")  # fmt: skip


def _engine(text: str) -> str:
    from jobs.engine_choice import check_name

    try:
        return check_name(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _labels(text: str) -> int:
    if text == "unlimited":
        from transforms.plan import UNLIMITED_LABELS

        return UNLIMITED_LABELS
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor unlimited") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 10**8:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return seconds


def _add_infer(commands: Any) -> None:
    infer = commands.add_parser(
        "infer",
        help="write a contract from a sample, to be read and corrected",
        description="Look at a bounded sample of INPUT and write down its columns, types and null "
        "tokens as a contract. Nothing but FILE is written.",
    )
    add = infer.add_argument
    add("input", metavar="INPUT", help="file, directory or glob: local, s3://, s3a://, hdfs://")
    add("--output", metavar="FILE", help="where to write it (default: print it)")
    add("--overwrite", action="store_true", help="replace an existing FILE")
    add("--target", metavar="COLUMN", help="name the target in the contract")
    add("--key", metavar="COLUMN[,COLUMN…]", help="name the key in the contract")
    add("--input-format", choices=("csv", "parquet", "delta", "json"),
        help="(default: by the files' names)")  # fmt: skip
    add("--debug", action="store_true", help="show Spark's warnings, and stack traces on errors")


def _add_clean(commands: Any) -> None:
    clean = commands.add_parser(
        "clean",
        help="remove what killed runs left in an output",
        description="Remove from OUTPUT the files and staging directories of runs that are at work "
        "no more and that the manifest does not name. The next run does the same by itself. A run "
        "on another machine counts as dead when it gave no sign for 15 minutes.",
    )
    clean.add_argument("output", metavar="OUTPUT", help="what prepare published to: local, s3://, "
                       "s3a://, hdfs://")  # fmt: skip
    clean.add_argument("--dry-run", action="store_true", help="print what would be removed")
    clean.add_argument("--debug", action="store_true", help="show stack traces on errors")


def names_of(text: str | None) -> tuple[str, ...]:
    """Split ``a,b`` into names; a name that holds a comma is written in double quotes."""
    if not text:
        return ()
    import csv

    return tuple(name.strip() for name in next(csv.reader([text], skipinitialspace=True)))
