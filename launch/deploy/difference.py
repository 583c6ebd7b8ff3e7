"""What differs between the template that is deployed and the one that would be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MISSING = object()


@dataclass(frozen=True)
class Setting:
    """One value that differs; ``before`` or ``after`` is None where it is not there."""

    path: str
    before: Any
    after: Any

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"path": self.path, "before": self.before, "after": self.after}


@dataclass(frozen=True)
class Difference:
    """A resource that is ``added``, ``removed`` or ``changed``."""

    resource: str
    type: str
    change: str
    settings: tuple[Setting, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "resource": self.resource,
            "type": self.type,
            "change": self.change,
            "settings": [item.to_json() for item in self.settings],
        }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Compare two templates' resources, by name."""
    made = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            there = new or old or {}
            made.append(Difference(name, there["Type"], "added" if new else "removed"))
        elif old != new:
            made.append(Difference(name, new["Type"], "changed", settings(old, new)))
    return made


def settings(before: Any, after: Any) -> tuple[Setting, ...]:
    """Compare data of any depth, value by value."""
    return tuple(_settings(before, after, ""))


def _settings(before: Any, after: Any, path: str) -> Iterator[Setting]:
    if before == after:
        return
    parts = _parts(before, after)
    if parts is None:
        given = (None if side is _MISSING else side for side in (before, after))
        yield Setting(path, *given)
        return
    for key, old, new in parts:
        yield from _settings(old, new, f"{path}.{key}" if path else key)


def _parts(before: Any, after: Any) -> list[tuple[str, Any, Any]] | None:
    """Return the parts of two dictionaries, or of two lists, side by side."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted({*before, *after})
        return [(key, before.get(key, _MISSING), after.get(key, _MISSING)) for key in keys]
    if isinstance(before, list) and isinstance(after, list):
        longest = max(len(before), len(after))
        sides = [side + [_MISSING] * (longest - len(side)) for side in (before, after)]
        return [(str(number), *pair) for number, pair in enumerate(zip(*sides))]
    return None
