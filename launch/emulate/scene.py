"""What one play is given: the request, S3, a folder, and where its lines go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from launch.emulate.opt_ml import Host
from launch.emulate.store import Store
from launch.processes import Processes

ClusterKind = Literal["standalone", "yarn"]
Log = Callable[[str, str], None]


@dataclass
class Scene:
    """Everything one play needs; ``log`` gets the hosts' lines, ``note`` the emulator's own."""

    request: Mapping[str, Any]
    store: Store
    work: Path
    cluster: ClusterKind = "standalone"
    log: Log = lambda host, line: print(line)
    note: Callable[[str], None] = lambda text: None
    stopping: threading.Event | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return the request's environment variables."""
        return {key: str(text) for key, text in (self.request.get("Environment") or {}).items()}


class Way(Protocol):
    """A way to run a request's entrypoint on the hosts."""

    def started(
        self, hosts: Sequence[Host], processes: Processes
    ) -> AbstractContextManager[Sequence[str]]:
        """Start the job; give the names of its processes, ``HOST/…`` each."""

    def look_after(self) -> None:
        """Do what is to be done now and then while the job runs."""
