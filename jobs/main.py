"""Run a job: ``spark-submit jobs/main.py prepare INPUT OUTPUT --target COLUMN``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

try:
    import jobs.cli
except ImportError:  # run from a checkout: the packages lie beside this file's folder
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import jobs.cli

import argparse
import traceback
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.config import PrepareConfig
    from jobs.engine import Engine
    from jobs.engine_choice import Choice

# Importing pyspark takes 0.3 s, so the modules that need it are imported after the options are
# known to be right: --help and a mistyped option answer at once.


_WHOLE = "; the output holds a whole result: the earlier one, or the new one if it was out by then"
_STANDS = {"prepare": _WHOLE, "prepare-tabular": _WHOLE}


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = jobs.cli.build_parser().parse_args(argv)
    from jobs.errors import describe
    from jobs.exit_message import leave_message
    from jobs.session import say

    try:
        code, text = _COMMANDS[options.command](options)
    except KeyboardInterrupt:
        say(f"stopped{_STANDS.get(options.command, '')}")
        return 130
    except Exception as error:  # noqa: BLE001 - every error ends as one paragraph and an exit code
        code, message = describe(error)
        if options.debug:
            say(traceback.format_exc())
        say(f"error: {message}")
        leave_message(error, message)
        return code
    _print(text)
    return code


def _print(text: str) -> None:
    """Print what a command found; the command is done, whoever still reads.

    Letters that the terminal does not have are shown by their numbers.
    """
    from jobs.session import say

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    try:
        print(text, flush=True)
    except OSError as error:
        # Python would flush once more at its end, and end with another exit code.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        if not isinstance(error, BrokenPipeError):
            say(f"note: the command is done, but its report cannot be printed: {error}")


def _config(options: argparse.Namespace) -> PrepareConfig:
    """Put the options together that prepare and prepare-tabular share."""
    from jobs.config import PrepareConfig
    from jobs.sizes import parse_size
    from transforms.plan import FitOptions
    from transforms.row_hash import parse_weights

    return PrepareConfig(
        input=options.input,
        output=options.output,
        target=options.target,
        contract=options.contract,
        preprocessor=options.preprocessor,
        weights=parse_weights(options.weights),
        seed=options.seed,
        key=jobs.cli.names_of(options.key),
        split_method=options.split_method,
        fit=FitOptions(
            fill=options.fill,
            scale=options.scale,
            unseen=options.unseen,
            min_frequency=options.min_frequency,
            max_labels=options.max_labels,
            median_error=options.median_error,
        ),
        drop_duplicates=options.drop_duplicates,
        format=options.format,
        compression=options.compression,
        escape_formulas=options.escape_formulas,
        input_format=options.input_format,
        target_file_size=parse_size(options.target_file_size),
        explain=options.explain,
    )


def _prepare(options: argparse.Namespace) -> tuple[int, str]:
    config = _config(options)
    from jobs.engine import on_engine
    from jobs.engine_choice import choose
    from jobs.errors import DONE
    from jobs.session import say

    choice = choose(options.engine, config)
    if choice.worth_saying:
        say(f"engine: {choice}")
    return DONE, on_engine(
        choice,
        partial(_run_prepare, config, choice),
        delta="delta" in (config.format, config.input_format),
        debug=options.debug,
        timeout=options.engine_timeout,
        codec=config.codec,
    )


def _run_prepare(config: PrepareConfig, choice: Choice, engine: Engine) -> str:
    from jobs import prepare, report
    from jobs.task import open_task

    if config.explain:
        explained = report.explain(open_task(engine, config))
        return f"Engine: {choice}\n\n{explained}"
    return report.report(prepare.run(engine, config))


def _prepare_tabular(options: argparse.Namespace) -> tuple[int, str]:
    from jobs.errors import DONE
    from jobs.prepare_tabular.report import explain_or_run

    return DONE, explain_or_run(_config(options))


def _infer(options: argparse.Namespace) -> tuple[int, str]:
    from jobs import infer
    from jobs.errors import DONE
    from jobs.session import get_session, say

    spark = get_session("infer", delta=options.input_format == "delta", debug=options.debug)
    text, notes = infer.run(
        spark,
        options.input,
        output=options.output,
        target=options.target,
        key=jobs.cli.names_of(options.key),
        input_format=options.input_format,
        overwrite=options.overwrite,
    )
    for note in notes:
        say(f"note: {note}")
    if options.output:
        text = f"contract written to {options.output}; read it, then correct it"
    return DONE, text


def _clean(options: argparse.Namespace) -> tuple[int, str]:
    from jobs.errors import DONE
    from jobs.publish.clean import run

    return DONE, run(options.output, dry_run=options.dry_run, debug=options.debug)


def _evaluate(options: argparse.Namespace) -> tuple[int, str]:
    from jobs.evaluate.run import main

    return main(options)


_COMMANDS = {
    "prepare": _prepare,
    "prepare-tabular": _prepare_tabular,
    "infer": _infer,
    "clean": _clean,
    "evaluate": _evaluate,
}


if __name__ == "__main__":
    sys.exit(main())
