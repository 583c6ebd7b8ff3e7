"""Files wherever Spark finds them (local, hdfs, s3a …), through Hadoop's FileSystem."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jobs.files import ZSTD_CODEC, File, Files, Versioned, is_hidden, java_message
from jobs.small_files import SmallFile, real_path, small_file
from schemas.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class HadoopFiles(Files):
    """The file operations a job needs, on any Hadoop file system."""

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark.sparkContext._jvm
        self._jvm = jvm
        self._conf = spark.sparkContext._jsc.hadoopConfiguration()
        # Looked up once: py4j asks the JVM for each part of the name, and a run makes 300 paths.
        self._new_path: Any = jvm.org.apache.hadoop.fs.Path

    def _path(self, path: str) -> Any:
        return self._new_path(path)

    def _fs(self, path: str) -> Any:
        return self._path(path).getFileSystem(self._conf)

    def full(self, path: str) -> str:
        """Return the whole URI of a path (``file:/…``, ``hdfs://host/…``)."""
        return str(self._fs(path).makeQualified(self._path(path)).toString())

    def exists(self, path: str) -> bool:
        """Tell whether there is a file or directory of exactly this name."""
        return bool(self._fs(path).exists(self._path(path)))

    def is_directory(self, path: str) -> bool:
        """Tell whether the path is a directory."""
        return self.exists(path) and bool(
            self._fs(path).getFileStatus(self._path(path)).isDirectory()
        )

    def glob(self, pattern: str) -> list[str]:
        """Return the paths that a Hadoop glob matches, sorted."""
        statuses = self._fs(pattern).globStatus(self._path(pattern)) or []
        return sorted(str(status.getPath().toString()) for status in statuses)

    def walk(self, path: str) -> list[File]:
        """List the files at or below a path, sorted; names starting with _ or . are left out."""
        root = self.full(path).rstrip("/")
        listing = self._fs(path).listFiles(self._path(path), True)
        files = [_file(status) for status in _java_iterator(listing)]
        return sorted(
            (f for f in files if f.path == root or not is_hidden(f.path[len(root) :])),
            key=lambda f: f.path,
        )

    def read_bytes(self, path: str, *, offset: int = 0, length: int = -1) -> bytes:
        """Read ``length`` bytes (all: -1) of a file as stored."""
        stream = self._fs(path).open(self._path(path))
        try:
            stream.seek(offset)
            return self._drain(stream, length)
        finally:
            stream.close()

    def read_head(self, path: str, length: int) -> bytes:
        """Read the first bytes of a file, unpacked if its name says that it is compressed."""
        codec = self._codec(path)
        if codec is None:
            return self.read_bytes(path, length=length)
        stream = self._fs(path).open(self._path(path))
        try:
            return self._drain(codec.createInputStream(stream), length)
        finally:
            stream.close()

    def is_compressed(self, path: str) -> bool:
        """Tell whether Hadoop unpacks this file, going by its name."""
        return self._codec(path) is not None

    def check_readable(self, path: str) -> str | None:
        """Read a file to its end; return what is wrong with it, or None."""
        try:
            codec, stream = self._codec(path), self._fs(path).open(self._path(path))
            try:
                source = codec.createInputStream(stream) if codec else stream
                # Java 8 has none of its own.
                null = getattr(self._jvm.org.apache.hadoop.io, "IOUtils$NullOutputStream")()
                self._jvm.org.apache.hadoop.io.IOUtils.copyBytes(source, null, 1 << 20, False)
            finally:
                stream.close()
        except Exception as error:  # noqa: BLE001 - whatever is wrong is the answer
            return java_message(error)
        return None

    def _codec(self, path: str) -> Any:
        conf = self._jvm.org.apache.hadoop.conf.Configuration(self._conf)
        conf.set("io.compression.codecs", ZSTD_CODEC)
        factory = self._jvm.org.apache.hadoop.io.compress.CompressionCodecFactory(conf)
        return factory.getCodec(self._path(path))

    def _drain(self, stream: Any, length: int) -> bytes:
        io = self._jvm.org.apache.commons.io.IOUtils
        if length >= 0:
            limited = self._jvm.org.apache.commons.io.input.BoundedInputStream(stream, length)
            return bytes(io.toByteArray(limited))
        return bytes(io.toByteArray(stream))

    def write_text(self, path: str, text: str, *, draft: str | None = None) -> None:
        """Put a small file in place at once: readers see the old text or the new, never a part."""
        self._small(path).write_text(text, self._real(draft) if draft else None)

    def read_versioned(self, path: str) -> Versioned | None:
        """Read a small UTF-8 file with its version; None where there is none."""
        return self._small(path).read()

    def replace(self, path: str, text: str, version: str | None, *, draft: str) -> None:
        """Put a small file in place if the one there is of a version; else ConflictError."""
        self._small(path).replace(text, version, self._real(draft))

    def _real(self, path: str) -> str:
        return real_path(self._jvm, self._conf, path)

    def _small(self, path: str) -> SmallFile:
        return small_file(self._jvm, self._conf, path)

    def newest(self, path: str) -> int:
        """Give the last change of anything at or below a path; 0 where there is nothing."""
        if not self.exists(path):
            return 0
        fs, root = self._fs(path), self._path(path)
        listed = _java_iterator(fs.listFiles(root, True))
        times = [int(status.getModificationTime()) for status in listed]
        # An object store has no directories, and says the present time of one.
        return max(times) if times else int(fs.getFileStatus(root).getModificationTime())

    def parquet_schema(self, path: str) -> dict[str, str]:
        """Read a Parquet footer: the top-level columns, and how each is stored."""
        hadoop = self._jvm.org.apache.parquet.hadoop
        try:
            stored = hadoop.util.HadoopInputFile.fromPath(self._path(path), self._conf)
            reader = hadoop.ParquetFileReader.open(stored)
            fields = reader.getFileMetaData().getSchema().getFields()
            reader.close()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is this file
            wrong = java_message(error)
            raise InputError(f"{path} is not a whole Parquet file: {wrong}") from None
        return {str(field.getName()): str(field.toString()) for field in fields}

    def make_directory(self, path: str) -> None:
        """Make a directory and its parents."""
        self._fs(path).mkdirs(self._path(path))

    def move(self, source: str, target: str) -> None:
        """Rename a file; OSError where the file system refuses."""
        if not self._fs(source).rename(self._path(source), self._path(target)):
            raise OSError(f"could not move {source} to {target}")

    def remove_if_empty(self, path: str) -> None:
        """Delete a directory that holds nothing at all, hidden files included."""
        if self.exists(path) and not self._fs(path).listStatus(self._path(path)):
            # Not with all below it: another run may move a file in just now.
            with suppress(Exception):
                self._fs(path).delete(self._path(path), False)

    def remove(self, path: str) -> None:
        """Delete a file or a directory with all below it; nothing happens where there is none."""
        self._fs(path).delete(self._path(path), True)

    def knows_encoding(self, name: str) -> bool:
        """Tell whether Java, which reads the text, knows an encoding by Python's name of it."""
        return bool(self._jvm.java.nio.charset.Charset.isSupported(name))


def _file(status: Any) -> File:
    return File(
        str(status.getPath().toString()), int(status.getLen()), int(status.getModificationTime())
    )


def _java_iterator(iterator: Any) -> Iterator[Any]:
    while iterator.hasNext():
        yield iterator.next()
