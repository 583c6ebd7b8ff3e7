"""Python tracebacks in a log: the error at the root of the last one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from launch.diagnose.evidence import short_path
from launch.diagnose.lines import Line

START = "Traceback (most recent call last):"
_LINKS = {
    "The above exception was the direct cause of the following exception:": "cause",
    "During handling of the above exception, another exception occurred:": "context",
}
_FRAME = re.compile(r'^\s+File "(?P<file>[^"]+)", line (?P<line>\d+)')
_ERROR = re.compile(r"^(?P<kind>[A-Za-z_][\w.]*)(?:: ?(?P<message>.*))?$")
_LIBRARY = re.compile(r"(?:site|dist)-packages/|pyspark|py4j|/lib/python3|^<|/smspark/")
# Raised around another error, and saying nothing themselves.
_WRAPPERS = re.compile(r"Py4J\w*Error$|captured\.\w+$|PythonException$|SparkException$")
# What Python says when the JVM it talks to is gone: never the root.
_GONE = re.compile(
    r"Py4JNetworkError$|ConnectionRefusedError$|ConnectionResetError$|BrokenPipe\w+$"
)
_MAX_BODY = 400


@dataclass(frozen=True)
class PythonError:
    """One error of a traceback: its class, its message, the Java text below it, its frames."""

    source: str
    name: str
    message: str
    body: tuple[str, ...]
    frames: tuple[tuple[str, int], ...]
    in_task: bool
    link: str | None

    @property
    def kind(self) -> str:
        """Return the class name without its module."""
        return self.name.rpartition(".")[2]

    @property
    def java(self) -> bool:
        """Tell whether the error only carries one of the JVM."""
        return bool(_WRAPPERS.search(self.name))

    @property
    def gone(self) -> bool:
        """Tell whether it is what remains when the JVM has died."""
        return bool(_GONE.search(self.name))

    @property
    def from_image(self) -> bool:
        """Tell whether it is the image's own report that spark-submit failed."""
        return any("/smspark/" in file for file, _ in self.frames) or self.name.startswith(
            ("smspark.", "subprocess.CalledProcessError")
        )

    @property
    def text(self) -> str:
        """Return the message and everything below it, for searching."""
        return "\n".join((f"{self.name}: {self.message}", *self.body))

    @property
    def where(self) -> str | None:
        """Return the last place in the user's own code."""
        own = [frame for frame in self.frames if not _LIBRARY.search(frame[0])]
        file, line = (own or self.frames or [("", 0)])[-1]
        return f"{short_path(file)} line {line}" if own and file else None


def java_root(error: PythonError) -> str:
    """Return the Java error at the bottom: the last ``Caused by``, else the first."""
    lines = [line.strip() for line in error.body]
    causes = [
        line.removeprefix("Caused by:").strip() for line in lines if "Caused by:" in line[:10]
    ]
    first = [line.removeprefix(":").strip() for line in lines if re.match(r": [\w.$]+", line)]
    return (causes[-1:] or first[-1:] or [error.message])[0]


def find_errors(lines: Sequence[Line]) -> list[PythonError]:
    """Return every error of every traceback, in the order of the log."""
    told = [line for line in lines if not line.quiet]
    errors: list[PythonError] = []
    link, at = None, 0
    while at < len(told):
        text = told[at].text
        link = _LINKS.get(text.strip(), link)
        if text.rstrip().endswith(START):
            error, at = _read(told, at, link)
            link = None
            if error:
                errors.append(error)
        else:
            at += 1
    return errors


def _read(lines: Sequence[Line], start: int, link: str | None) -> tuple[PythonError | None, int]:
    """Read one traceback; return it and the number of the line after it."""
    prefix = lines[start].text.rstrip()[: -len(START)].strip()
    frames = []
    at = start + 1
    while at < len(lines) and lines[at].text.startswith((" ", "\t")):
        frame = _FRAME.match(lines[at].text)
        if frame:
            frames.append((frame["file"], int(frame["line"])))
        at += 1
    found = _ERROR.match(lines[at].text) if at < len(lines) else None
    if not found:
        return None, at
    body = _body(lines, at + 1)
    message = (found["message"] or "").strip()
    if not message:
        message = next((line.strip().removeprefix(": ") for line in body if line.strip()), "")
    error = PythonError(
        lines[start].host, found["kind"], message, body, tuple(frames), bool(prefix), link
    )
    return error, at + 1 + len(body)


def _body(lines: Sequence[Line], start: int) -> tuple[str, ...]:
    """Return what belongs to an error below its first line: more message, or a Java stack."""
    body = []
    for line in lines[start : start + _MAX_BODY]:
        text = line.text
        if line.level or text.strip() in _LINKS or text.rstrip().endswith(START):
            break
        body.append(text)
    return tuple(body)


@dataclass(frozen=True)
class RootError:
    """The error at the root of the last traceback, and the one that was raised in the end."""

    error: PythonError
    outer: PythonError


def root_error(errors: Sequence[PythonError]) -> RootError | None:
    """Return the error that ended the program; None where there is no traceback.

    What the image says about spark-submit is left out. A Java error that carries the traceback of
    a task gives way to it, ``raise … from error`` to the error it names.
    """
    own = [error for error in errors if not error.from_image]
    telling = [number for number, error in enumerate(own) if not error.gone]
    if not telling:
        return RootError(own[-1], own[-1]) if own else None
    last = telling[-1]
    outer = _around(own, last)
    first = last
    while own[first].link == "cause" and first > 0:
        first -= 1
    if own[first].link == "context" and first > 0 and own[first].java and not own[first - 1].gone:
        first -= 1
    return RootError(own[first], own[outer])


def _around(errors: Sequence[PythonError], inner: int) -> int:
    """Find the driver's error whose text holds the traceback of a task; else the error itself."""
    at = inner
    while at > 0 and errors[at].in_task:
        at -= 1
    if at == inner and at > 0 and errors[at - 1].name.endswith("PythonException"):
        at -= 1  # of a UDF: pyspark prints the worker's traceback as its message
    return at if errors[at].java else inner
