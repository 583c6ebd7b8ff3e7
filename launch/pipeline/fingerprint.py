"""The fingerprint of an input: other objects below the same prefix, another fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from launch.emulate.store import FolderStore
from launch.errors import LaunchError
from launch.request.transfer import split_uri

# A key, the object's size, its ETag.
Listed = tuple[str, int, str]


def fingerprint(values: Mapping[str, str], listing: Iterable[Listed]) -> str:
    """Return a hash of a listing and of the values by which a start differs from others.

    The values (the prefix, the day) are part of it: they decide what prepare writes, too.
    """
    digest = hashlib.sha256(json.dumps(sorted(values.items())).encode())
    for line in sorted(listing):
        digest.update(json.dumps(line).encode())
    return digest.hexdigest()[:16]


def list_s3(s3: Any, uri: str) -> list[Listed]:
    """List the objects below a prefix; LaunchError where there are none."""
    bucket, prefix = split_uri(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [
        (item["Key"], int(item["Size"]), str(item["ETag"]).strip('"'))
        for page in pages
        for item in page.get("Contents", ())
    ]
    return _not_empty(found, uri)


def list_folder(store: FolderStore, uri: str) -> list[Listed]:
    """List the files that stand for objects; their ETag is what S3 gives small objects."""
    found = []
    for each in store.keys(uri):
        path = store.path_of(each)
        etag = hashlib.md5(usedforsecurity=False)
        with path.open("rb") as content:
            while block := content.read(1 << 20):
                etag.update(block)
        found.append((split_uri(each)[1], path.stat().st_size, etag.hexdigest()))
    return _not_empty(found, uri)


def _not_empty(found: list[Listed], uri: str) -> list[Listed]:
    if not found:
        raise LaunchError(f"there is nothing at {uri}; copy the data there, or give --input")
    return found
