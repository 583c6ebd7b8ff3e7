"""Sessions on engines that speak Spark Connect: a server that runs, or Sail in this process."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import grpc

from jobs.engine import Engine
from jobs.engine_choice import INSTALL
from jobs.errors import UnsupportedError
from jobs.files import escaped
from jobs.local_files import LocalFiles
from jobs.session import RESULT_SETTINGS
from schemas.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_DEFAULT_PORT = 15002
# The levels are Spark's: of zstd 3, of gzip zlib's default.
_SAIL_CODECS = {"snappy": "snappy", "zstd": "zstd(3)", "gzip": "gzip(6)", "none": "uncompressed"}
_PATIENCE = 10.0


@dataclass
class _Call(grpc.ClientCallDetails):  # type: ignore[misc]
    """One call to a server, as gRPC wants it described."""

    method: str
    timeout: float | None
    metadata: Any
    credentials: Any
    wait_for_ready: bool | None
    compression: Any


class Deadline(
    grpc.UnaryUnaryClientInterceptor,  # type: ignore[misc]
    grpc.UnaryStreamClientInterceptor,  # type: ignore[misc]
    grpc.StreamUnaryClientInterceptor,  # type: ignore[misc]
):
    """A time by which every call has to be answered; one that hangs fails then."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def _timed(self, call: Any) -> _Call:
        left = max(0.0, self._end - time.monotonic())
        ready, packed = call.wait_for_ready, call.compression
        return _Call(call.method, left, call.metadata, call.credentials, ready, packed)

    def intercept_unary_unary(self, continuation: Any, call: Any, request: Any) -> Any:
        """Pass a call on with the time that is left."""
        return continuation(self._timed(call), request)

    def intercept_unary_stream(self, continuation: Any, call: Any, request: Any) -> Any:
        """Pass a call on with the time that is left."""
        return continuation(self._timed(call), request)

    def intercept_stream_unary(self, continuation: Any, call: Any, requests: Any) -> Any:
        """Pass a call on with the time that is left."""
        return continuation(self._timed(call), requests)


def connect(address: str, timeout: float) -> Engine:
    """Open a session on a Spark Connect server that runs; it must see the same local files."""
    parts = urlsplit(address)
    try:
        # A wrong address is known at once; pyspark would try for ten minutes.
        place = (parts.hostname or "", parts.port or _DEFAULT_PORT)
        socket.create_connection(place, timeout=min(timeout, _PATIENCE)).close()
    except OSError as error:
        raise ConnectionError(f"no Spark Connect server answers at {address}: {error}") from None
    spark = _session(address, timeout)
    return Engine(
        name="connect",
        spark=spark,
        files=LocalFiles(),
        version=str(spark.version),
        is_classic=False,
        stop=spark.stop,
    )


def start_sail(timeout: float, *, debug: bool = False, codec: str | None = None) -> Engine:
    """Start Sail in this process, on a free port of the loopback, and open a session on it.

    ``codec`` packs the Parquet files it writes.
    """
    # Sail reads these when it starts. It sends telemetry to nobody unless a collector is named.
    os.environ.setdefault("RUST_LOG", "warn" if debug else "off")
    # Its writer's option does nothing, and its own default is zstd.
    os.environ["SAIL_PARQUET__COMPRESSION"] = _SAIL_CODECS[codec or "snappy"]
    # Twice the default: 8 M rows took 15.6 s, not 16.8 to 18.4, and 0.1 GB more memory.
    os.environ.setdefault("SAIL_EXECUTION__BATCH_SIZE", "16384")
    try:
        from pysail.spark import SparkConnectServer
    except ImportError as error:
        raise InputError(f"engine sail cannot be loaded ({error}): {INSTALL}") from None
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    host, port = server.listening_address
    spark: SparkSession | None = None
    try:
        spark = _session(f"sc://{host}:{port}", timeout)
    finally:
        if spark is None:
            _in_time(server.stop)
    session = spark

    def stop() -> None:
        session.stop()
        _in_time(server.stop)

    return Engine(
        name="sail",
        spark=session,
        files=LocalFiles(),
        version=version("pysail"),
        is_classic=False,
        has_corrupt_records=False,
        literal=_literal,
        stop=stop,
    )


def _literal(path: str) -> str:
    """Give a path as Sail takes it: it finds nothing, silently, at ``file:/…`` or an escape."""
    plain = path.removeprefix("file:")
    if escaped(plain) != plain:
        raise UnsupportedError(f"{plain}: a file name that holds one of {{}}[]*?\\")
    return plain


def _session(address: str, timeout: float) -> SparkSession:
    # pyspark's functions look at this variable at each call, and build remote columns if it is set.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    try:
        return _new_session(address, timeout)
    except BaseException:
        del os.environ["SPARK_CONNECT_MODE_ENABLED"]
        raise


def _new_session(address: str, timeout: float) -> SparkSession:
    from pyspark.sql.connect.client import ChannelBuilder
    from pyspark.sql.connect.session import SparkSession as RemoteSession

    class TimedChannelBuilder(ChannelBuilder):
        """Makes channels whose calls end in time."""

        def toChannel(self) -> Any:  # noqa: N802 - pyspark's name
            return grpc.intercept_channel(super().toChannel(), Deadline(timeout))

    builder: Any = RemoteSession.builder
    spark = builder.channelBuilder(TimedChannelBuilder(address)).create()
    for key, value in RESULT_SETTINGS.items():
        try:
            spark.conf.set(key, value)
        except Exception as error:
            # An engine need not know Spark's settings; one that does not answer at all is broken.
            if "DEADLINE_EXCEEDED" in str(error) or "UNAVAILABLE" in str(error):
                raise
    return spark


def _in_time(stop: Callable[[], None]) -> None:
    """Stop something, but do not wait for it longer than some seconds."""
    thread = threading.Thread(target=stop, daemon=True)
    thread.start()
    thread.join(_PATIENCE)
