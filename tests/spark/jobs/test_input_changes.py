"""An input that changes while it is read: nothing is published, whatever the rows' number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Table = Callable[..., Path]


@pytest.mark.parametrize("what", ["replaced", "joined by another", "gone"])
@pytest.mark.parametrize(
    ("command_name", "between"),
    [("prepare", "jobs.prepare._write"), ("prepare-tabular", "jobs.prepare_tabular.run._write")],
)
def test_files_that_change_between_two_looks(
    command: Callable[..., Any],
    table: Table,
    clean_csv: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command_name: str,
    between: str,
    what: str,
) -> None:
    table(clean_csv, "in/a.csv")
    table(clean_csv, "in/b.csv")
    module, _, name = between.rpartition(".")
    write = getattr(__import__(module, fromlist=[name]), name)

    def changed(*arguments: Any) -> Any:
        written = write(*arguments)
        if what == "replaced":
            table(clean_csv.replace("0.5,", "9.75,"), "in/b.csv")
        elif what == "gone":
            (tmp_path / "in/b.csv").unlink()
        else:
            table(clean_csv, "in/c.csv")
        return written

    monkeypatch.setattr(between, changed)
    done = command(command_name, tmp_path / "in", tmp_path / "out", "--target", "y")
    assert done.code == 2, done.err
    assert "the input changed while it was read: " in done.err
    assert ("c.csv" if what == "joined by another" else "b.csv") in done.err
    assert not (tmp_path / "out").exists()
