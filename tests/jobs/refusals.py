"""What every refusal has in common."""

from __future__ import annotations

from typing import Any


def assert_refused(done: Any, *words: object) -> None:
    """Exit code 2, the words on stderr, no trace of Java or Python, nothing written."""
    assert done.code == 2, done.out + done.err
    for word in words:
        assert str(word) in done.err
    for trace in ("Traceback", "\tat ", "java.", "Py4J"):
        assert trace not in done.out + done.err
    assert done.out == ""
    assert not done.output.exists()
