"""A store in memory, and an earlier result in it."""

from __future__ import annotations

from functools import partial

import pytest
from memory_files import Disk, MemoryFiles
from publishing import Writer

from jobs.publish import clean
from jobs.publish.presence import Presence


@pytest.fixture(autouse=True)
def sign_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a thread that outlives a run which is killed here."""
    monkeypatch.setattr("jobs.publish.output.Presence", partial(Presence, every=3600))


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> MemoryFiles:
    """A store without any output."""
    files = MemoryFiles(Disk())
    monkeypatch.setattr(clean, "_files", lambda *_: files)
    return files


@pytest.fixture
def old(files: MemoryFiles) -> MemoryFiles:
    """A store with an output that holds a whole result."""
    Writer(files, "old").publish()
    return files
