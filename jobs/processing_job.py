"""The name of the SageMaker processing job that a run is, where it is one."""

from __future__ import annotations

import json
import os
from pathlib import Path


def processing_job() -> str | None:
    """Return the job's name from the file that SageMaker puts on each host; None elsewhere.

    By it ``launch runs`` knows which run a manifest belongs to.
    """
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    try:
        text = (base / "config" / "processingjobconfig.json").read_text(encoding="utf-8")
        name = json.loads(text)["ProcessingJobName"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return name if isinstance(name, str) else None
