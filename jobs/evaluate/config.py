"""The options of ``evaluate``, checked when they are put together."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

from jobs.evaluate.gate import Gate, parse_gate
from jobs.sizes import parse_size
from schemas.errors import InputProblemsError

DEFAULT_THRESHOLD = 0.5
_MOST_DRAWS = 10_000


@dataclass(frozen=True)
class RowOptions:
    """Where the test rows are, and what in them is the label."""

    path: str
    label: str | None = None
    label_index: int | None = None
    preprocessor: str | None = None
    header: bool = True
    ignore: tuple[str, ...] = ()
    positive_above: float | None = None
    positive: str | None = None
    segment: str | None = None


@dataclass(frozen=True)
class ModelOptions:
    """Where the model is, and how far it is trusted."""

    path: str
    file: str | None = None
    trust: tuple[str, ...] = ()
    trust_pickle: bool = False
    max_bytes: int = 2 * 1024**3


@dataclass(frozen=True)
class EvaluateConfig:
    """Everything ``evaluate`` is told; ``threshold`` is None where it was not chosen."""

    model: ModelOptions
    rows: RowOptions
    output: str
    threshold: float | None = None
    draws: int = 0
    seed: int = 42
    gates: tuple[Gate, ...] = ()

    def __post_init__(self) -> None:
        problems = []
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            problems.append(f"--threshold {self.threshold} is no probability from 0 to 1")
        if not 0 <= self.draws <= _MOST_DRAWS:
            problems.append(f"--bootstrap {self.draws} is not within 0 to {_MOST_DRAWS:,}")
        elif self.draws == 1:
            problems.append("--bootstrap 1 says nothing about the spread; 200 is a good number")
        if self.seed < 0:
            problems.append(f"--seed {self.seed} is below 0")
        above = self.rows.positive_above
        if above is not None and not math.isfinite(above):
            problems.append(f"--positive-above {above} is no finite number")
        if self.rows.label_index is not None and self.rows.label_index < 0:
            problems.append(f"--label-index {self.rows.label_index} is below 0, the first column")
        if not self.rows.header and self.rows.label is not None:
            problems.append("--no-header leaves no names to find --label by; use --label-index")
        problems += [
            f"{option} must not be empty"
            for option, path in (
                ("--model", self.model.path),
                ("--test", self.rows.path),
                ("--output", self.output),
            )
            if not path
        ]
        if problems:
            raise InputProblemsError("the options are wrong:", problems)


def config_from(options: argparse.Namespace) -> EvaluateConfig:
    """Put the parsed options together; InputError for what cannot be."""
    gates = [parse_gate(text, lowest=True) for text in options.min]
    gates += [parse_gate(text, lowest=False) for text in options.max]
    return EvaluateConfig(
        model=ModelOptions(
            path=options.model,
            file=options.model_file,
            trust=tuple(options.trust),
            trust_pickle=options.trust_pickle,
            max_bytes=parse_size(options.max_model_bytes),
        ),
        rows=RowOptions(
            path=options.test,
            label=options.label,
            label_index=options.label_index,
            preprocessor=options.preprocessor,
            header=not options.no_header,
            ignore=tuple(options.ignore),
            positive_above=options.positive_above,
            positive=options.positive,
            segment=options.segment,
        ),
        output=options.output,
        threshold=options.threshold,
        draws=options.bootstrap,
        seed=options.seed,
        gates=tuple(gates),
    )
