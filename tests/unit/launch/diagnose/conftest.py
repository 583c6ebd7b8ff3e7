"""A diagnosis from lines written in the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from launch.diagnose import Diagnosis, Evidence, diagnose

Why = Callable[..., Diagnosis]


def same_cause(diagnosis: Diagnosis, cause: str) -> bool:
    """Compare a cause with a text, which may be cut by an ellipsis."""
    if cause.endswith("…"):
        return diagnosis.cause.startswith(cause[:-1])
    return diagnosis.cause == cause


@pytest.fixture
def why(tmp_path: Path) -> Why:
    """Return a function that diagnoses a failed job of one host, or what is given instead."""

    def ask(
        log: str = "",
        *,
        events: Sequence[Mapping[str, Any]] = (),
        others: Mapping[str, str] | None = None,
        status: str = "Failed",
        reason: str | None = "AlgorithmError: , exit code: 1",
        message: str | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> Diagnosis:
        logs = {"algo-1": log.splitlines()} if log else {}
        logs |= {host: text.splitlines() for host, text in (others or {}).items()}
        path = tmp_path / "application_1"
        compact = (json.dumps(event, separators=(",", ":")) for event in events)
        path.write_text("".join(f"{line}\n" for line in compact))
        paths = [path] if events else []
        return diagnose(Evidence(status, reason, message, logs, paths, request or {}))

    return ask
