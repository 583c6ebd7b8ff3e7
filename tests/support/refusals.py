"""What every refusal has in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from schemas.errors import InputError


def assert_refused(done: Any, *words: object) -> None:
    """Exit code 2, the words on stderr, no trace of Java or Python, nothing written."""
    assert done.code == 2, done.out + done.err
    for word in words:
        assert str(word) in done.err
    for trace in ("Traceback", "\tat ", "java.", "Py4J"):
        assert trace not in done.out + done.err
    assert done.out == ""
    assert not done.output.exists()


def refused(evaluate: Callable[..., Any], message: str, *arguments: object, **options: Any) -> None:
    """Check that evaluate raises InputError with this message, a pattern over all its lines."""
    with pytest.raises(InputError, match=re.compile(message, re.DOTALL)):
        evaluate(*arguments, **options)
