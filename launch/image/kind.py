"""Tell by a request whether Spark's image runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def runs_spark(request: Mapping[str, Any]) -> bool:
    """Return whether a request starts Spark's image; true where nothing is known of it."""
    image = request.get("AppSpecification")
    if image is None:
        return True
    words = image.get("ContainerEntrypoint") or [""]
    return bool(words[0] == "smspark-submit")
