"""How many cores were busy when: a curve of bounded size, whatever the number of tasks."""

from __future__ import annotations

from dataclasses import dataclass, field

_BINS = 256
_FIRST_WIDTH_MS = 50


@dataclass
class BusyCores:
    """Busy time in bins of equal width; the width doubles when the end is reached."""

    start: int | None = None
    width: int = _FIRST_WIDTH_MS
    bins: list[int] = field(default_factory=lambda: [0] * _BINS)

    def add(self, begin: int, end: int, cores: int = 1) -> None:
        """Count cores that were busy from one moment to another, in milliseconds."""
        if self.start is None:
            self.start = begin
        begin, end = max(0, begin - self.start), max(0, end - self.start)
        while end > self.width * _BINS:
            pairs = zip(self.bins[::2], self.bins[1::2])
            self.bins = [left + right for left, right in pairs] + [0] * (_BINS // 2)
            self.width *= 2
        while begin < end:
            number = begin // self.width
            until = min(end, (number + 1) * self.width)
            self.bins[number] += (until - begin) * cores
            begin = until

    def curve(self) -> list[tuple[int, float]]:
        """Return the beginning of each bin, and how many cores were busy in it on average."""
        start = self.start or 0
        used = max((number for number, time in enumerate(self.bins) if time), default=-1)
        return [
            (start + number * self.width, time / self.width)
            for number, time in enumerate(self.bins[: used + 2])
        ]
