"""The lake's Delta tables: opened wherever the lake is kept, and what it means when it does not answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from pyspark.errors import PySparkException

from millwright.errors import Unavailable
from millwright.settings import settings
from millwright.store import other_clients

# Of an object store; left alone, delta-rs tries for three minutes. It commits by a conditional PUT, as the sink does.
_PATIENCE = {"max_retries": "1000", "retry_timeout": "20s"}
_OF_THE_STORE = re.compile(
    r"Generic (S3|GCS) error|necessary privileges|valid authentication|error sending request"
    r"|onnection (refused|reset|closed)|timed out"  # Sail tells no more than that
)


def address(table: str) -> str:
    """Where a silver table is."""
    return f"{settings().lake}/{settings().silver_folder}/{table}"


def options() -> dict[str, str]:
    """delta-rs' storage options for the lake."""
    return {} if settings().lake.startswith("file://") else {**other_clients(), **_PATIENCE}


def opened(table: str, version: int | None = None) -> DeltaTable:
    """A silver table at a version, its newest unless told. Raises as `DeltaTable` does, and as `lake_answers`."""
    with lake_answers():
        return DeltaTable(address(table), version=version, storage_options=options())


@contextmanager
def lake_answers() -> Iterator[None]:
    """Raises Unavailable where delta-rs, Arrow or Spark fail for want of the lake; other errors pass."""
    try:
        yield
    except (OSError, DeltaError, PySparkException) as error:
        text = " ".join(re.sub(r"\x1b\[\d+m|↳", " ", str(error)).split())
        if not isinstance(error, OSError) and not _OF_THE_STORE.search(text):
            raise
        raise Unavailable(f"The lake at {settings().lake} {_told(text)}.", _remedy(text)) from error


def _told(text: str) -> str:
    if answered := re.search(r"status code:? (\d{3} \w+)", text):
        return f"answers {answered[1]}"
    return "does not answer" if _OF_THE_STORE.search(text) else f"fails: {text[:200].rstrip('.')}"


def _remedy(text: str) -> str:
    if re.search(r"status code:? 4", text):
        return "Look at the bucket, the credentials and the bucket's policy (see docs/run-on-an-object-store.md)."
    return "See that it answers, then run this again."
