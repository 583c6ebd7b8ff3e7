"""Other objects, another fingerprint; the same objects, the same one."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.emulate.store import FolderStore
from launch.errors import LaunchError
from launch.pipeline.fingerprint import fingerprint, list_folder

VALUES = {"Input": "s3://b/raw/"}
LISTING = [("raw/a.csv", 3, "e1"), ("raw/b.csv", 4, "e2")]


def test_the_order_of_a_listing_does_not_matter() -> None:
    found = fingerprint(VALUES, LISTING)
    assert found == fingerprint(dict(VALUES), reversed(LISTING))
    assert len(found) == 16
    assert set(found) <= set("0123456789abcdef")


@pytest.mark.parametrize(
    ("values", "listing"),
    [
        (VALUES, LISTING[:1]),
        (VALUES, [("raw/a.csv", 3, "e1"), ("raw/c.csv", 4, "e2")]),
        (VALUES, [("raw/a.csv", 3, "e1"), ("raw/b.csv", 5, "e2")]),
        (VALUES, [("raw/a.csv", 3, "e1"), ("raw/b.csv", 4, "e3")]),
        ({"Input": "s3://b/other/"}, LISTING),
        ({**VALUES, "Date": "2026-11-03"}, LISTING),
    ],
)
def test_any_difference_shows(values: dict[str, str], listing: list[tuple[str, int, str]]) -> None:
    assert fingerprint(values, listing) != fingerprint(VALUES, LISTING)


def test_files_have_the_etag_of_small_objects(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.path_of("s3://b/raw/").mkdir(parents=True)
    store.path_of("s3://b/raw/a.csv").write_text("abc")
    assert list_folder(store, "s3://b/raw/") == [
        ("raw/a.csv", 3, "900150983cd24fb0d6963f7d28e17f72")
    ]
    with pytest.raises(LaunchError, match="there is nothing at s3://b/else/"):
        list_folder(store, "s3://b/else/")
