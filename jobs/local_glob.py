"""Hadoop's globs on the local file system, which differ from the standard library's.

``{a,b}`` is a choice, ``[^a]`` everything but, a backslash takes the next character literally, and
``*`` matches names that start with a dot too.
"""

from __future__ import annotations

import os
import re

from jobs.errors import UnsupportedError

_SPECIAL = re.compile(r"[*?\[{\\]")


def matches(pattern: str) -> list[str]:
    """Return the paths that an absolute pattern matches, sorted."""
    if re.search(r"{[^}]*/", pattern):
        raise UnsupportedError(f"{pattern}: a choice that holds a slash")
    found = ["/"]
    for part in filter(None, pattern.split("/")):
        found = [path for parent in found for path in _below(parent, part)]
    return sorted(found)


def _below(parent: str, part: str) -> list[str]:
    if not _SPECIAL.search(part):
        path = os.path.join(parent, part)
        return [path] if os.path.exists(path) else []
    if not os.path.isdir(parent):
        return []
    try:
        wanted = re.compile(_as_regex(part), re.DOTALL)
    except re.error as error:
        raise UnsupportedError(f"{part}: {error}") from error
    found = [os.path.join(parent, name) for name in os.listdir(parent) if wanted.fullmatch(name)]
    return [path for path in found if os.path.exists(path)]


def _as_regex(part: str) -> str:
    """Translate one part of a path, as Hadoop's GlobPattern does."""
    out, depth, in_set = [], 0, False
    characters = iter(part)
    for c in characters:
        if c == "\\":
            out.append(_literal(part, next(characters, "")))
        elif in_set:
            # Hadoop reads a group or a set within a set; a "]" that comes first is no end there.
            if c in "[{" or (c == "]" and out[-1] in "[^"):
                raise UnsupportedError(f"{part}: {c} in brackets")
            in_set = c != "]"
            out.append("^" if c == "!" and out[-1] == "[" else f"\\{c}" if c in "&|~" else c)
        elif c == "[":
            in_set = True
            out.append(c)
        elif c in "*?":
            out.append(".*" if c == "*" else ".")
        elif c == "{":
            depth += 1
            out.append("(?:")
        elif c in ",}" and depth:
            depth -= c == "}"
            out.append("|" if c == "," else ")")
        else:
            out.append(re.escape(c))
    if in_set or depth:
        raise UnsupportedError(f"{part}: a bracket that is not closed")
    return "".join(out)


def _literal(part: str, character: str) -> str:
    if not character or character not in "*?[]{}\\":
        raise UnsupportedError(f"{part}: a backslash before {character or 'nothing'}")
    return re.escape(character)
