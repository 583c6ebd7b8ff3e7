"""Print a run's lines while it goes on: of the executors only where something is wrong."""

from __future__ import annotations

import re

import click

from launch.runs.model import LogLine

# Each line of an executor starts with its file, as in [/var/log/yarn/…/stderr].
_EXECUTOR = re.compile(r"^\[\S*/std(?:err|out)\] ?")
_SPARKS_OWN = re.compile(r"^\d\d/\d\d/\d\d \d\d:\d\d:\d\d (?:INFO|DEBUG) ")
# Every run that succeeds has these.
_HARMLESS = re.compile(
    r"RECEIVED SIGNAL TERM|NativeCodeLoader|Your hostname, .* resolves to a loopback|"
    r"Set SPARK_LOCAL_IP"
)
_TELLING = re.compile(r"\b(?:WARN|ERROR|FATAL)\b|Exception\b|Error\b")


class LogPrinter:
    """Prints lines with their host; three hosts write thousands that nobody reads meanwhile.

    Of the driver all but Spark's INFO, of the executors warnings and errors.
    """

    def __init__(self, *, everything: bool = False, err: bool = False) -> None:
        """``everything``: the executors' lines too; ``err``: to stderr, beside data on stdout."""
        self.everything = everything
        self.err = err
        self.hidden = 0

    def show(self, line: LogLine) -> None:
        """Print a line, or count it as hidden."""
        executor = _EXECUTOR.match(line.text)
        text = line.text[executor.end() :] if executor else line.text
        dull = _HARMLESS.search(text) or (
            not _TELLING.search(text) if executor else _SPARKS_OWN.match(text)
        )
        if dull and not self.everything:
            self.hidden += 1
        else:
            click.echo(f"[{line.host}] {line.text}", err=self.err)
