"""The options of the prepare job, checked when they are put together."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from jobs.sizes import DEFAULT_FILE_SIZE
from schemas.errors import InputProblemsError
from transforms.plan import FitOptions

OUTPUT_FORMATS = ("parquet", "delta", "csv")
SPLIT_METHODS = ("hash", "random")
# Of Parquet, as Spark calls them, each with what Spark puts into its files' names.
COMPRESSIONS = {"snappy": ".snappy", "zstd": ".zstd", "gzip": ".gz", "none": ""}
DEFAULT_COMPRESSION = "snappy"


@dataclass(frozen=True)
class PrepareConfig:
    """Everything ``prepare`` is told. Paths are as the user wrote them."""

    input: str
    output: str
    target: str | None = None
    contract: str | None = None
    preprocessor: str | None = None
    weights: tuple[Fraction, ...] = (Fraction(7, 10), Fraction(3, 20), Fraction(3, 20))
    seed: int = 42
    key: tuple[str, ...] = ()
    split_method: str = "hash"
    fit: FitOptions = field(default_factory=FitOptions)
    drop_duplicates: bool = False
    format: str = "parquet"
    compression: str | None = None
    escape_formulas: bool = False
    input_format: str | None = None
    target_file_size: int = DEFAULT_FILE_SIZE
    explain: bool = False

    def __post_init__(self) -> None:
        problems = []
        if self.format not in OUTPUT_FORMATS:
            problems.append(f"format {self.format!r} is none of {', '.join(OUTPUT_FORMATS)}")
        problems += self._compression_problems()
        if self.escape_formulas and self.format != "csv":
            problems.append(
                f"formulas are escaped in csv, for spreadsheets; the format is {self.format}"
            )
        if self.split_method not in SPLIT_METHODS:
            problems.append(f"split method {self.split_method!r} is none of hash, random")
        if not -(2**63) <= self.seed < 2**63:
            problems.append(f"seed {self.seed} does not fit 64 bits")
        if not self.input or not self.output:
            problems.append("INPUT and OUTPUT must not be empty")
        if problems:
            raise InputProblemsError("the options are wrong:", problems)

    @property
    def codec(self) -> str | None:
        """How Parquet files are packed; None where none are written."""
        return None if self.format == "csv" else self.compression or DEFAULT_COMPRESSION

    @property
    def ending(self) -> str:
        """What the names of the published splits' files end with."""
        return f"{COMPRESSIONS[self.codec]}.parquet" if self.codec else f".{self.format}"

    def _compression_problems(self) -> list[str]:
        if self.compression is None:
            return []
        if self.compression not in COMPRESSIONS:
            return [f"compression {self.compression!r} is none of {', '.join(COMPRESSIONS)}"]
        if self.format == "csv":
            return [
                f"compression {self.compression} is one of Parquet's, the format is csv; "
                "leave it out, or choose --format parquet"
            ]
        return []
