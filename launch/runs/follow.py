"""Follow a run to its end, through throttling and lost connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from launch.errors import LaunchError
from launch.runs.model import LogLine, LogReader, Run, Runs

# A laptop's lid is closed for longer than botocore tries by itself.
_GIVE_UP_SECONDS = 30 * 60
_LONGEST_PAUSE_SECONDS = 60
_THROTTLED = (
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
)
# CloudWatch is some seconds behind a job's end.
_DRAIN_POLLS = 3


def follow(
    runs: Runs,
    name: str,
    *,
    show: Callable[[LogLine], None],
    on_status: Callable[[Run], None] = lambda run: None,
    on_trouble: Callable[[str], None] = lambda text: None,
    poll_seconds: float = 5.0,
    tail: int | None = None,
) -> Run:
    """Show a run's log until it has ended; return how it ended.

    Args:
        runs: Where it runs.
        name: Its name.
        show: Gets each line once.
        on_status: Gets the run after each look at it.
        on_trouble: Gets a word on each pause that an error made.
        poll_seconds: Between two looks.
        tail: Of what is there at first, only the last so many lines.
    """
    ask = patiently(on_trouble)
    log = _Log(runs.log(name), ask, on_trouble)
    first = True
    while True:
        run: Run = ask(lambda: runs.get(name))
        on_status(run)
        lines = log.read()
        for line in lines[-tail:] if tail and first else lines:
            show(line)
        first = False
        if run.has_ended:
            break
        time.sleep(poll_seconds)
    for _ in range(_DRAIN_POLLS):
        time.sleep(min(poll_seconds, 2.0))
        for line in log.read():
            show(line)
    return run


class _Log:
    """A log that may be closed to us: the run is followed by its status alone then."""

    def __init__(self, reader: LogReader, ask: Any, on_trouble: Callable[[str], None]) -> None:
        self._reader: LogReader | None = reader
        self._ask = ask
        self._on_trouble = on_trouble

    def read(self) -> list[LogLine]:
        if self._reader is None:
            return []
        try:
            lines: list[LogLine] = self._ask(self._reader.read)
        except LaunchError as error:
            self._reader = None
            self._on_trouble(f"no logs, following the status alone: {error}")
            return []
        return lines


def patiently(on_trouble: Callable[[str], None]) -> Any:
    """Return a caller that repeats what may pass, with growing pauses, for half an hour."""
    from tenacity import (
        Retrying,
        retry_if_exception,
        stop_after_delay,
        wait_random_exponential,
    )

    return Retrying(
        retry=retry_if_exception(may_pass),
        wait=wait_random_exponential(multiplier=1, max=_LONGEST_PAUSE_SECONDS),
        stop=stop_after_delay(_GIVE_UP_SECONDS),
        before_sleep=lambda state: on_trouble(
            f"{_short(state.outcome.exception() if state.outcome else None)}; "
            f"asking again in {state.next_action.sleep if state.next_action else 0:.0f} s"
        ),
        reraise=True,
    )


def may_pass(error: BaseException) -> bool:
    """Tell whether an error is one of those that pass: throttling, a server's, the network's."""
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnectionError

    if isinstance(error, LaunchError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response.get("Error", {}).get("Code") in _THROTTLED or status >= 500
    return isinstance(error, (HTTPClientError, NoConnectionError, ConnectionError))


def _short(error: BaseException | None) -> str:
    return str(error).splitlines()[0][:160] if error and str(error) else "no answer"
