"""Put a small file in place at once, and only over the version one knows, on Hadoop's file systems.

Each kind of store has a way of its own to say "only if nobody else did": a lock that the system
lets go (local), a condition in the request (S3), a lease on a file (HDFS).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from jobs.errors import ConflictError
from jobs.files import OBJECT_SCHEMES, Versioned, check_version, java_message
from jobs.local_files import LocalFiles

_LOCK = "_publish.lock"
# HDFS lets others have the lease of a writer that has gone after 60 seconds.
_PATIENCE = 100.0


class SmallFile:
    """One small text file on any Hadoop file system: whole at once where a rename overwrites.

    The comparison before :meth:`replace` is not guarded here; the stores below can do better.
    """

    def __init__(self, jvm: Any, conf: Any, path: str) -> None:
        self._jvm, self._conf = jvm, conf
        self._path = jvm.org.apache.hadoop.fs.Path(path)
        self._fs = self._path.getFileSystem(conf)

    def read(self) -> Versioned | None:
        """Read it; its version is a hash of its bytes."""
        if not self._fs.exists(self._path):
            return None
        return Versioned.of(self._bytes())

    def _bytes(self) -> bytes:
        stream = self._fs.open(self._path)
        try:
            return bytes(self._jvm.org.apache.commons.io.IOUtils.toByteArray(stream))
        finally:
            stream.close()

    def write_text(self, text: str, draft: str | None) -> None:
        """Write it under another name and rename that over it."""
        place = self._jvm.org.apache.hadoop.fs.Path(draft) if draft else self._path.suffix(".tmp")
        self._create(place, text)
        context = self._jvm.org.apache.hadoop.fs.FileContext.getFileContext(
            self._fs.getUri(), self._conf
        )
        context.rename(place, self._path, _overwriting(self._jvm))

    def _create(self, place: Any, text: str) -> None:
        stream = self._fs.create(place, True)
        try:
            stream.write(bytearray(text.encode("utf-8")))
        finally:
            stream.close()

    def replace(self, text: str, version: str | None, draft: str) -> None:
        """Compare, then write."""
        check_version(str(self._path), self.read(), version)
        self.write_text(text, draft)


class _Local(SmallFile):
    """On this machine: as Python does it, where a rename overwrites and leaves no .crc behind."""

    def __init__(self, jvm: Any, conf: Any, path: str) -> None:
        super().__init__(jvm, conf, path)
        self._uri, self._files = str(self._path.toString()), LocalFiles()

    def read(self) -> Versioned | None:
        return self._files.read_versioned(self._uri)

    def write_text(self, text: str, draft: str | None) -> None:
        self._files.write_text(self._uri, text, draft=draft)

    def replace(self, text: str, version: str | None, draft: str) -> None:
        self._files.replace(self._uri, text, version, draft=draft)


class _Hdfs(SmallFile):
    """On HDFS: while this process holds the lease of a file beside it."""

    def replace(self, text: str, version: str | None, draft: str) -> None:
        with self._lease():
            super().replace(text, version, draft)

    @contextmanager
    def _lease(self) -> Iterator[None]:
        """Hold the lease; a holder that died loses it after 60 seconds."""
        lock = self._jvm.org.apache.hadoop.fs.Path(self._path.getParent(), _LOCK)
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                if not self._fs.exists(lock):
                    self._make(lock)
                stream = self._fs.append(lock)
                break
            except Exception as error:  # noqa: BLE001 - someone has it, or takes it from the dead
                if time.monotonic() > end:
                    raise OSError(f"cannot lock {lock}: {java_message(error)}") from None
                time.sleep(1)
        try:
            yield
        finally:
            with suppress(Exception):
                stream.close()

    def _make(self, lock: Any) -> None:
        """Make the lock, replicated where other files are erasure-coded: those take no append."""
        builder = self._fs.createFile(lock)
        with suppress(Exception):  # not HDFS itself, but what speaks for it
            builder.replicate()
        builder.overwrite(False).build().close()


class _Object(SmallFile):
    """On an object store: an object is there when its upload ends, and not before."""

    def write_text(self, text: str, draft: str | None) -> None:  # noqa: ARG002 - it needs none
        self._create(self._path, text)


class _S3(_Object):
    """On S3: by a PUT with a condition."""

    def read(self) -> Versioned | None:
        """Read it; its version is the object's entity tag."""
        for _ in range(10):
            if not self._fs.exists(self._path):
                return None
            tag = self._tag()
            data = self._bytes()
            if tag == self._tag():
                return Versioned(data.decode("utf-8"), tag)
        raise OSError(f"{self._path} changes all the time")

    def _tag(self) -> str:
        return str(self._fs.getFileStatus(self._path).getETag()).strip('"')

    def replace(self, text: str, version: str | None, draft: str) -> None:
        try:
            client, request = self._request(text, version)
        except Exception:  # noqa: BLE001 - another Hadoop than 3.3 has other internals
            super().replace(text, version, draft)
            return
        try:
            client.putObject(request)
        except Exception as error:
            if _status(error) not in (404, 409, 412):
                raise
            # The client repeats a PUT whose answer was lost, and then meets its own object.
            found = self.read()
            if found is None or found.text != text:
                raise ConflictError(f"{self._path} was changed meanwhile") from None

    def _request(self, text: str, version: str | None) -> tuple[Any, Any]:
        """Make the file system's own request, with its encryption, and add the condition."""
        data = bytearray(text.encode("utf-8"))
        client = self._fs.getAmazonS3ClientForTesting("conditional put")
        requests = self._fs.getRequestFactory()
        stream = self._jvm.java.io.ByteArrayInputStream(data)
        key = self._fs.pathToKey(self._path)
        request = requests.newPutObjectRequest(key, requests.newObjectMetadata(len(data)), stream)
        condition = ("If-None-Match", "*") if version is None else ("If-Match", f'"{version}"')
        request.putCustomRequestHeader(*condition)
        return client, request


_KINDS: dict[str, type[SmallFile]] = {
    "org.apache.hadoop.fs.s3a.S3AFileSystem": _S3,
    "org.apache.hadoop.hdfs.DistributedFileSystem": _Hdfs,
}


def small_file(jvm: Any, conf: Any, path: str) -> SmallFile:
    """Find the way of the store on which a file lies."""
    place = jvm.org.apache.hadoop.fs.Path(real_path(jvm, conf, path))
    fs = place.getFileSystem(conf)
    scheme = str(fs.getUri().getScheme())
    if scheme == "file":
        kind: type[SmallFile] = _Local
    else:
        kind = _KINDS.get(_class(fs), _Object if scheme in OBJECT_SCHEMES else SmallFile)
    return kind(jvm, conf, str(place.toString()))


def real_path(jvm: Any, conf: Any, path: str) -> str:
    """Say where a path of a mount table really is; it and directories above it may not be there."""
    place = jvm.org.apache.hadoop.fs.Path(path)
    fs = place.getFileSystem(conf)
    if ".viewfs." not in _class(fs):
        return path
    names: list[str] = []
    while not fs.exists(place):
        names.insert(0, str(place.getName()))
        place = place.getParent()
    place = fs.resolvePath(place)
    for name in names:
        place = jvm.org.apache.hadoop.fs.Path(place, name)
    return str(place.toString())


def _class(fs: Any) -> str:
    return str(fs.getClass().getName())


def _status(error: BaseException) -> int | None:
    """Give the HTTP status of an error of the S3 client."""
    java = getattr(error, "java_exception", None)
    try:
        return int(java.getStatusCode()) if java is not None else None
    except Exception:  # noqa: BLE001 - an error of another kind
        return None


def _overwriting(jvm: Any) -> Any:
    """Make the Java array that lets FileContext.rename replace its target."""
    from pyspark import SparkContext

    rename = jvm.org.apache.hadoop.fs.Options.Rename
    array = SparkContext._gateway.new_array(rename, 1)  # type: ignore[union-attr]
    array[0] = rename.OVERWRITE
    return array
