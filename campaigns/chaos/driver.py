"""Run ``jobs/main.py`` and stop at one point of it, for the campaign to do something just then.

``spark-submit … driver.py`` with CHAOS_POINT, a JSON object, in its environment:

- ``{"record": FILE}``: run undisturbed; write how many commands went to Java in each stage, and
  which of them took longer than 0.2 s (those are the Spark jobs).
- ``{"stage": S, "command": N, "after": SECONDS, "at": FILE, "go": FILE}``: when command N of
  stage S is sent (or SECONDS after that, while it is at work), make FILE ``at``, and send nothing
  more until there is a FILE ``go``.

Commands are counted in the main thread alone; those of Python's garbage collector are not, as they
come at any time. So the same point is the same moment in every run.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_LONG = 0.2
_PATIENCE = 900.0


class Points:
    """Counts commands by stage, and does what was ordered at one of them."""

    def __init__(self, order: dict[str, Any]) -> None:
        self.order = order
        self.stage = "start"
        self.counts: dict[str, int] = {}
        self.long: dict[str, dict[int, float]] = {}
        self._thread = threading.current_thread()

    def send(self, send_command: Any, *arguments: Any, **options: Any) -> Any:
        """Send a command, as py4j would, and count it."""
        if threading.current_thread() is not self._thread or _is_release(arguments):
            return send_command(*arguments, **options)
        number = self.counts[self.stage] = self.counts.get(self.stage, 0) + 1
        stage = self.stage
        if (stage, number) == (self.order.get("stage"), self.order.get("command")):
            self._reach()
        began = time.monotonic()
        try:
            return send_command(*arguments, **options)
        finally:
            took = time.monotonic() - began
            if took > _LONG:
                self.long.setdefault(stage, {})[number] = round(took, 2)

    def _reach(self) -> None:
        after = float(self.order.get("after", 0))
        if after:
            threading.Timer(after, self._stop).start()
        else:
            self._stop()

    def _stop(self) -> None:
        Path(self.order["at"]).touch()
        end = time.monotonic() + _PATIENCE
        while not Path(self.order["go"]).exists():
            if time.monotonic() > end:  # the campaign is gone, and so must this be
                os._exit(70)
            time.sleep(0.005)

    def record(self) -> None:
        """Write the counts down."""
        Path(self.order["record"]).write_text(
            json.dumps({"counts": self.counts, "long": self.long})
        )


def _is_release(arguments: tuple[Any, ...]) -> bool:
    """Tell whether a command only lets go of a Java object."""
    return any(isinstance(text, str) and text.startswith("m\n") for text in arguments)


def install(points: Points) -> None:
    """Put the counting between the job and py4j, and the stages of its clock under names."""
    from py4j.java_gateway import GatewayClient

    import jobs.clock

    send_command = GatewayClient.send_command
    stage = jobs.clock.Clock.stage

    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        return points.send(send_command, self, *arguments, **options)

    @contextmanager
    def named(self: Any, name: str) -> Iterator[None]:
        points.stage = name
        try:
            with stage(self, name):
                yield
        finally:
            points.stage = f"after {name}"

    GatewayClient.send_command = counted
    jobs.clock.Clock.stage = named  # type: ignore[method-assign]


def main() -> int:
    """Run the job with its own arguments; return its exit code."""
    sys.path.insert(0, str(ROOT))
    points = Points(json.loads(os.environ["CHAOS_POINT"]))
    install(points)
    import jobs.main

    code = jobs.main.main(sys.argv[1:])
    if "record" in points.order:
        points.record()
    return code


if __name__ == "__main__":
    sys.exit(main())
