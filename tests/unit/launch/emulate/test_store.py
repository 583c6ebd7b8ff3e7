"""S3 as a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.emulate.store import FolderStore
from launch.errors import LaunchError
from launch.request.plan import Upload


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    made = FolderStore(tmp_path / "s3")
    for key in ("raw/a.csv", "raw/b/c.csv", "raw-old/d.csv", "x"):
        (tmp_path / "file").write_text(key)
        made.upload(tmp_path / "file", f"s3://bucket/{key}")
    return made


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("raw/", ["raw/a.csv", "raw/b/c.csv"]),
        # By text, as S3 has it.
        ("raw", ["raw-old/d.csv", "raw/a.csv", "raw/b/c.csv"]),
        ("raw/a.csv", ["raw/a.csv"]),
        ("nothing/", []),
        ("", ["raw-old/d.csv", "raw/a.csv", "raw/b/c.csv", "x"]),
    ],
)
def test_a_prefix_matches_by_its_text(store: FolderStore, prefix: str, expected: list[str]) -> None:
    assert list(store.keys(f"s3://bucket/{prefix}")) == [f"s3://bucket/{key}" for key in expected]


def test_what_went_up_comes_down(store: FolderStore, tmp_path: Path) -> None:
    store.download("s3://bucket/raw/b/c.csv", tmp_path / "new" / "c")
    assert (tmp_path / "new" / "c").read_text() == "raw/b/c.csv"


def test_hadoops_checksums_are_no_objects(store: FolderStore) -> None:
    (store.root / "bucket" / "raw" / ".a.csv.crc").write_bytes(b"crc")
    assert list(store.keys("s3://bucket/raw/a")) == ["s3://bucket/raw/a.csv"]
    assert list(store.keys("s3://bucket/raw/.")) == []


def test_an_object_of_another_size_is_not_there(store: FolderStore, tmp_path: Path) -> None:
    local = tmp_path / "local"
    local.write_text("raw/a.csv")
    assert store.is_there(Upload("s3://bucket/raw/a.csv", local))
    local.write_text("longer than before")
    assert not store.is_there(Upload("s3://bucket/raw/a.csv", local))
    assert not store.is_there(Upload("s3://bucket/raw/none", local))


@pytest.mark.parametrize("uri", ["s3://bucket/../../etc/passwd", "s3://bucket/a/../../other/x"])
def test_nothing_outside_the_bucket_is_reached(store: FolderStore, uri: str) -> None:
    with pytest.raises(LaunchError, match="no meaning"):
        store.path_of(uri)


@pytest.mark.parametrize("uri", ["file:///x", "bucket/key", "s3://", ""])
def test_what_is_no_address_is_refused(store: FolderStore, uri: str) -> None:
    with pytest.raises(LaunchError, match="is no S3 address"):
        store.path_of(uri)
