"""What prepare-tabular says to the person at the terminal."""

from __future__ import annotations

from jobs.config import PrepareConfig
from jobs.errors import UnsupportedError
from jobs.local_files import LocalFiles
from jobs.prepare_tabular.memory import estimate
from jobs.prepare_tabular.run import open_task, run
from jobs.prepare_tabular.table import TabularTask
from jobs.report import columns_explained, report
from schemas.errors import InputError


def explain_or_run(config: PrepareConfig) -> str:
    """Do what the options say; return what there is to say of it."""
    try:
        return explain(open_task(LocalFiles(), config)) if config.explain else report(run(config))
    except UnsupportedError as error:
        raise InputError(
            f"prepare-tabular cannot do this: {error}; use spark-submit jobs/main.py prepare …"
        ) from None
    except MemoryError:
        raise InputError(
            f"{config.input} did not fit the memory of this machine, and nothing was published; "
            "use spark-submit jobs/main.py prepare …"
        ) from None


def explain(task: TabularTask) -> str:
    """Say what a run would do, column by column, and the memory it takes."""
    config, source, contract = task.config, task.table.source, task.contract
    origin = "inferred from a sample" if task.table.inferred else config.contract
    weights = " / ".join(f"{float(weight):g}" for weight in config.weights)
    count = f"{len(source.files):,} files, {source.bytes:,} bytes"
    head = [
        ("input", f"{source.path} ({source.format}, {count})"),
        ("memory", str(estimate(LocalFiles(), source))),
        ("contract", f"{contract.name} ({origin}), {len(contract.columns)} columns"),
        ("target", task.target + "; rows without it are dropped"),
        ("null tokens", ", ".join(repr(token) for token in contract.null_tokens)),
        ("bad rows", f"{contract.on_breach}, unless a column says otherwise"),
        ("duplicates", "one of them is kept" if config.drop_duplicates else "kept"),
        (
            "split",
            f"hash of {', '.join(contract.key) or 'all columns'}, seed {config.seed}, {weights}",
        ),
        ("learned", config.preprocessor or "from the training rows"),
        ("output", f"{config.output} ({config.format})"),
    ]
    return columns_explained(
        "What prepare-tabular would do (only the header and a sample were read):", head, task
    )
