"""The manifest: what a run published, from what, and where every row went."""

from __future__ import annotations

import hashlib
import platform
from typing import Any

from jobs import __version__
from jobs.clock import utc_now
from jobs.processing_job import processing_job
from jobs.publish.layout import Published, preprocessor_name
from jobs.rows import Balance
from jobs.task import Described
from schemas.contract_json import contract_to_dict
from transforms.counts import Tally
from transforms.preprocessor import Preprocessor

MANIFEST_VERSION = 1


def manifest_of(
    task: Described,
    run_id: str,
    preprocessor: Preprocessor,
    learned: str,
    counted: Tally,
    balance: Balance,
    listed: list[Published],
) -> dict[str, Any]:
    """Put the manifest together; ``learned`` is the preprocessor as JSON.

    The caller adds the times and the engine's version.
    """
    config, source = task.config, task.table.source
    contract = contract_to_dict(task.contract)
    return {
        "manifest_version": MANIFEST_VERSION,
        "job": "prepare",
        "run_id": run_id,
        "processing_job": processing_job(),
        "created": utc_now(),
        "input": {
            "path": config.input,
            "format": source.format,
            "files": len(source.files),
            "bytes": source.bytes,
            "fingerprint": source.fingerprint,
        },
        "rows": balance.to_dict(),
        "format": config.format,
        "compression": config.codec,
        "escape_formulas": config.escape_formulas,
        "files": [file.entry() for file in listed]
        + [{"path": preprocessor_name(run_id), "split": None, "bytes": len(learned.encode())}],
        "split": {
            "method": config.split_method,
            "seed": config.seed,
            "weights": [str(weight) for weight in config.weights],
            "key": list(task.contract.key) or None,
        },
        "nulls_filled": {
            step.name: counted.columns[step.name].nulls
            for step in preprocessor.steps
            if step.fill is not None
        },
        "preprocessor": {
            "path": preprocessor_name(run_id),
            "sha256": hashlib.sha256(learned.encode()).hexdigest(),
            "fitted_here": task.applied is None,
        },
        "contract": {**contract, "inferred": task.table.inferred},
        "versions": {"code": __version__, "python": platform.python_version()},
    }
