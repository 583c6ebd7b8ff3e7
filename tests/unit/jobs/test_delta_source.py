"""The fingerprint of a Delta table follows its log: a commit may leave all files where they are."""

from __future__ import annotations

from pathlib import Path

from jobs.local_files import LocalFiles
from jobs.source import find_source


def test_a_commit_that_changes_no_file_changes_the_fingerprint(tmp_path: Path) -> None:
    log = tmp_path / "_delta_log"
    log.mkdir()
    (tmp_path / "part-0.parquet").write_bytes(b"PAR1")

    def fingerprint() -> str:
        source = find_source(LocalFiles(), str(tmp_path))
        assert source.format == "delta"
        return source.fingerprint

    found = [fingerprint()]
    for number in (9, 10):
        (log / f"{number:020}.json").write_text("{}")
        (log / f"{number:020}.crc").write_text("{}")
        found += [fingerprint(), fingerprint()]
    assert found[1] == found[2]
    assert found[3] == found[4]
    assert len(set(found)) == 3
