"""Replace pauses in a test's own thread; those of others, such as py4j's, go on as they are."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest


def replace_pauses(monkeypatch: pytest.MonkeyPatch, pause: Callable[[float], object]) -> None:
    """Call ``pause`` with the seconds wherever this thread would sleep."""
    sleep, mine = time.sleep, threading.current_thread()

    def paused(seconds: float) -> None:
        if threading.current_thread() is mine:
            pause(seconds)
        else:
            sleep(seconds)

    monkeypatch.setattr("time.sleep", paused)
