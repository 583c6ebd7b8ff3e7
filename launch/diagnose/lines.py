"""Log lines, cleaned: which host, the driver or an executor, which level."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from launch.diagnose.evidence import shorten

# The image tails its executors' logs into its own, each line with the file's name before it.
_CONTAINER = re.compile(r"^\[/[^\]]*/(?P<container>container_[^/\]]+)/[^\]]*\] ?")
_LEVEL = re.compile(
    r"^(?:\d\d/\d\d/\d\d|\d{4}-\d\d-\d\d|\d\d-\d\d)[ T]\d\d:\d\d\S*(?: \[[^\]]*\]| [\w.-]+)?"
    r" +(?P<level>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|CRITICAL)\b"
    r"|^(?P<python>DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.-]+:"
)
# Python's stderr and the JVM's share one pipe: a log line may start in the middle of another.
_GLUED = re.compile(r"(?<=\S)(?=\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?:INFO|WARN|ERROR|FATAL) )")


@dataclass(frozen=True)
class Line:
    """A line of a log."""

    host: str
    text: str
    container: str | None = None

    @property
    def level(self) -> str | None:
        """Return the level of a line that a logger wrote; None for any other line."""
        found = _LEVEL.match(self.text)
        return (found["level"] or found["python"]) if found else None

    @property
    def quiet(self) -> bool:
        """Tell whether the line only reports progress."""
        return self.level in ("TRACE", "DEBUG", "INFO")

    def quote(self) -> str:
        """Return the line with the host that wrote it."""
        return f"{self.host}: {shorten(self.text)}"


def hosts_of(logs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the hosts, the primary first; algo-2 comes before algo-10."""
    return sorted(logs, key=lambda host: (len(host), host))


def read_lines(logs: Mapping[str, Sequence[str]]) -> list[Line]:
    """Return every line of every host, the primary's first."""
    return [line for host in hosts_of(logs) for text in logs[host] for line in _split(host, text)]


def _split(host: str, text: str) -> list[Line]:
    """Take one log event apart, which may hold several lines."""
    lines = []
    for part in text.splitlines():
        found = _CONTAINER.match(part)
        rest = part[found.end() :] if found else part
        container = found["container"] if found else None
        lines += [Line(host, piece.rstrip(), container) for piece in _GLUED.split(rest)]
    return lines
