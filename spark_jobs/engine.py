"""The Spark that computes: embedded Sail, Spark in this process, or any Spark Connect server."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from urllib.parse import urlsplit

from pyspark.sql import SparkSession

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import in_environment, settings
from millwright.store import other_clients

# One shuffle partition a core is plenty for a batch that fits one machine; Spark's default of 200 costs seconds.
_LOCAL = {
    "spark.api.mode": "classic",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "2g",
    "spark.log.level": "ERROR",
    "spark.sql.shuffle.partitions": str(os.cpu_count() or 2),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# Sail compresses whatever a client can read, at 90 MB/s: of 2 million rows, four fifths of the time to fetch them.
_UNCOMPRESSED = [("grpc.compression_enabled_algorithms_bitset", 1)]


@contextmanager
def spark() -> Iterator[SparkSession]:
    """A session of the engine that the settings name, in UTC; stopped at the end.

    The same DataFrame code runs on all: settings.spark_url is "" for Sail inside this process (no Java), "local" for
    Spark inside this process (needs a JDK of 17 or newer), or the sc:// address of any Spark Connect server.
    Raises Unavailable when the server does not answer, MillwrightError when there is no Java for "local".
    """
    url = settings().spark_url
    if url == "":
        # Sail finds the lake's object store by the environment of this process, whenever it first needs it.
        with in_environment(other_clients()), _sail() as address, _connected(address, _UNCOMPRESSED) as session:
            yield session
    elif url == "local":
        with _in_process() as session:
            yield session
    elif url.startswith("sc://"):
        with _connected(url) as session:
            yield session
    else:
        raise MillwrightError(
            f"MILLWRIGHT_SPARK_URL={url!r} names no Spark.", 'Leave it empty, or set "local" or "sc://host:port".'
        )


class Engine:
    """A context manager whose session starts when it is first used: a run that finds nothing to do starts none."""

    def __enter__(self) -> Engine:
        self._running = ExitStack()
        return self

    def __exit__(self, *error: object) -> None:
        self._running.close()

    @cached_property
    def session(self) -> SparkSession:
        """Raises as `spark` does."""
        return self._running.enter_context(spark())

    @cached_property
    def avro(self) -> str:
        """The name under which this engine reads Avro files.

        Spark 4.2 holds its Avro reader without registering the short name; Sail knows the short name only, and tells
        its own version where Spark tells Spark's.
        """
        version = self.session.sql("select version()").first()
        is_spark = version is not None and str(version[0]).startswith(self.session.version)
        return "org.apache.spark.sql.avro.AvroFileFormat" if is_spark else "avro"


@contextmanager
def _sail() -> Iterator[str]:
    os.environ.setdefault("RUST_LOG", "error")  # read when pysail is first imported
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer("127.0.0.1", 0)
    server.start()
    try:
        host, port = server.listening_address
        yield f"sc://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def _connected(address: str, options: Sequence[tuple[str, int]] = ()) -> Iterator[SparkSession]:
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.session import SparkSession as Remote

    _reach(address)
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"  # as `builder.remote` does, which takes no options of the channel
    session = Remote.builder.channelBuilder(DefaultChannelBuilder(address, list(options))).create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    try:
        yield session
    finally:
        session.stop()


def _reach(address: str) -> None:
    """Ask whether anybody listens: the Connect client itself tries for ten minutes before it says so."""
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 15002), timeout=5).close()
    except OSError as error:
        raise Unavailable(f"Spark at {address} does not answer: {error}.", "Check MILLWRIGHT_SPARK_URL.") from error


@contextmanager
def _in_process() -> Iterator[SparkSession]:
    from pyspark.errors import PySparkRuntimeError

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # A process that has used Connect leaves this to those that it starts, and Spark would not start in them.
    os.environ.pop("SPARK_CONNECT_MODE_ENABLED", None)
    builder = SparkSession.builder.master("local[*]").appName("millwright")
    for name, value in _LOCAL.items():
        builder = builder.config(name, value)
    try:
        session = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    except (PySparkRuntimeError, OSError) as error:
        raise MillwrightError(
            f"Spark cannot start in this process: {str(error).splitlines()[0]}.",
            "Install a JDK 17 or newer (Debian: openjdk-17-jre-headless), or unset MILLWRIGHT_SPARK_URL to use Sail.",
        ) from error
    try:
        yield session
    finally:
        session.stop()
