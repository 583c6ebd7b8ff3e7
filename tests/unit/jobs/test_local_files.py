"""LocalFiles by itself. That its answers are Hadoop's: tests/spark/jobs/test_hadoop_files.py."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from refusals import refused
from same_files import COLUMNS

from jobs.errors import UnsupportedError, naming_damage
from jobs.local_files import LocalFiles
from jobs.source import find_source

# Each makes zlib give up for another reason.
SPOILED = [
    b"D \x82<\xfd\xe6\xf1\xc2k0\xf9\x0e",
    b"_\x97=\xaa\xd8a\x9b\x91\xff\xc9\x11\xf5",
    b"\x89\x02\xc4Bi\xda\x1c\xf6\xbaf\xd3\xf8",
    b"\x82V\x8b\x96\xe8\xa4\xfe\xf2:\x0c\x9f\xc5",
    b"uHDj\nS\xf8\xb9^\x19\xb8*",
    b"\xeb\x17\xda\x81\xf9L\xa4Ki\xc3>8",
    b"]\x1e7\xed$]\xac\xeeP\xf9\xbf\x83",
    b"\xca\x96\x98\xbe'z\x1e\x02\x87&\x8c\xbb",
    b"\xcc\xa3<w\xc88\x81\xe7\x07\xaf\x1e\xed",
]


def test_what_needs_spark_says_so(tmp_path: Path) -> None:
    packed = tmp_path / "t.csv.zst"
    packed.write_bytes(b"x")
    files = LocalFiles()
    with pytest.raises(UnsupportedError, match=r"compressed as \.zst"):
        files.read_head(str(packed), 3)
    with pytest.raises(UnsupportedError, match="not a local file"):
        files.exists("s3a://bucket/t.csv")
    with pytest.raises(UnsupportedError, match="latin-1"):
        files.knows_encoding("latin-1")
    assert files.exists(f"file://{packed}")


def test_a_failed_write_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="cannot write"):
        LocalFiles().write_text(str(tmp_path / "taken"), "x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_the_checksum_beside_a_file_of_spark_goes_with_it(tmp_path: Path) -> None:
    (tmp_path / "part-0").touch()
    (tmp_path / ".part-0.crc").touch()
    LocalFiles().remove(str(tmp_path / "part-0"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("hidden", ["sub", "t.csv"])
def test_what_may_not_be_looked_at_is_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hidden: str
) -> None:
    """An administrator may look at everything, so the system's answer is played."""
    (tmp_path / "in/sub").mkdir(parents=True)
    (tmp_path / "in/sub/t.csv").touch()
    stat = os.stat

    def denied(path: Any, **options: Any) -> Any:
        if str(path).endswith("sub/t.csv"[-len(hidden) :]) and "sub/t.csv" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", denied)
    for look in (LocalFiles().walk, LocalFiles().exists):
        with pytest.raises(PermissionError):
            look(str(tmp_path / "in/sub/t.csv"))


@pytest.mark.parametrize("spoiled", SPOILED)
def test_gzip_that_is_spoiled_is_told_as_damage(tmp_path: Path, spoiled: bytes) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + spoiled * 9)
    source = find_source(LocalFiles(), str(path))

    def read() -> None:
        with naming_damage(LocalFiles(), source):
            LocalFiles().read_head(str(path), 1 << 20)

    refused(read, f"^a compressed file (is damaged|ends too early; it was cut off): file:{path}")


def test_a_file_is_read_to_its_end_to_find_damage(tmp_path: Path) -> None:
    whole = gzip.compress(os.urandom(1 << 18))
    for name, data in {"whole": whole, "cut": whole[:-9], "none": b"x"}.items():
        (tmp_path / f"{name}.gz").write_bytes(data)
    found = {p.stem: LocalFiles().check_readable(str(p)) for p in tmp_path.iterdir()}
    assert found["whole"] is None
    assert "ended before" in str(found["cut"])
    assert "Not a gzipped file" in str(found["none"])


def test_parquet_footers_tell_columns_apart(tmp_path: Path) -> None:
    seen = []
    for number, field in enumerate(COLUMNS):
        path = tmp_path / f"{number}.parquet"
        names = [pa.field("a.b", pa.int64()), field, pa.field("ä b", pa.string())]
        pq.write_table(pa.schema(names).empty_table(), path)
        seen.append(LocalFiles().parquet_schema(str(path)))
    assert all(list(one) == ["a.b", "a", "ä b"] for one in seen)
    assert len({one["a"] for one in seen}) == len(COLUMNS)
    assert len({one["a.b"] for one in seen}) == 1
