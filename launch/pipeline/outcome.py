"""How the steps of an execution ended, here or on SageMaker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class StepOutcome:
    """One step; ``status`` in SageMaker's words, and Cached where an old result was taken."""

    name: str
    kind: str
    status: str
    seconds: float | None = None
    run: str = ""
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "name": self.name, "kind": self.kind, "status": self.status,
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "run": self.run, "detail": self.detail,
        }  # fmt: skip


@dataclass(frozen=True)
class Execution:
    """A whole execution; ``status`` is Succeeded, Failed or Stopped once it has ended."""

    id: str
    pipeline: str
    status: str
    steps: tuple[StepOutcome, ...]
    reason: str = ""

    @property
    def failed_step(self) -> StepOutcome | None:
        """Return the step that failed first, where one did."""
        return next((step for step in self.steps if step.status == "Failed"), None)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "execution": self.id, "pipeline": self.pipeline, "status": self.status,
            "reason": self.reason, "steps": [step.to_json() for step in self.steps],
        }  # fmt: skip
