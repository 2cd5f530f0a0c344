"""Silver made anew from bronze, beside the one in use, and the event dates in which the two differ."""

from __future__ import annotations

import datetime as dt
import functools
import operator
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import Contract, contract
from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.lake import partitions, read_manifest
from millwright.settings import settings, settings_with
from millwright.store import lake_store
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema

_CHUNK_ROWS = 1_000_000  # held in memory at once


@contextmanager
def beside(warehouse: str) -> Iterator[str]:
    """A folder of the lake for silver tables of a rebuild of this warehouse, empty at first and gone at the end."""
    folder = f"rebuild/{warehouse}"
    _remove(folder)  # what a killed one left
    try:
        yield folder
    finally:
        _remove(folder)


def build(
    stream: str, engine: Engine, folder: str, old: Silver | None, progress: Callable[[int, int], None] | None = None
) -> Silver:
    """What bronze gives for a stream as far as `old` has read it (None: all of it), in a folder of the lake.

    Rows whose records retention has dropped from bronze are taken over from `old`. Raises MillwrightError when there
    are such and no `old`, or when bronze has no file that ends where `old` does.
    """
    spec, until = contract(stream), old.vector() if old else None
    with settings_with(silver_folder=folder):
        fresh = Silver.open(spec)
        if not fresh.vector():
            _take_over_what_bronze_dropped(spec, old, fresh)
        cleanse_new(stream, engine, progress, until)
        fresh = Silver.open(spec)
    reached = fresh.vector()
    if until and any(reached.get(partition, 0) < end for partition, end in until.items() if partition >= 0):
        raise MillwrightError(
            f"Bronze of {spec.topic} has no file that ends where silver does: it was compacted meanwhile.",
            "Run `millwright cleanse`, `millwright load` and dbt, then this again.",
        )
    return fresh


def differing(old: Silver | None, fresh: Silver) -> set[dt.date]:
    """The event dates whose rows are not the same in both, or cannot be read in the old one."""
    there = old.rows_by_date() if old else {}
    counts = fresh.rows_by_date()
    found = {date for date in there.keys() | counts.keys() if there.get(date, 0) != counts.get(date, 0)}
    for chunk in chunks({date: rows for date, rows in counts.items() if rows and date not in found}):
        if old is not None and not _same(old, fresh, chunk):
            found |= {date for date in chunk if not _same(old, fresh, [date])}
    return found


def mend(used: Silver | None, fresh: Silver, dates: Collection[dt.date]) -> None:
    """Give these dates of the table in use (None: there is none) the rows of `fresh`.

    A new table gets the vector last, and no load looks at one without. Raises Unavailable when another run commits
    meanwhile.
    """
    counts = fresh.rows_by_date()
    used = used or Silver.open(fresh.contract)
    for chunk in chunks({date: counts.get(date, 0) for date in dates}):
        used.replace(chunk, fresh.read(chunk, silver_schema(used.contract)).read_all(), {})
        failpoint("rebuild.after_silver_chunk")
    if not used.is_begun:
        used.replace([], silver_schema(used.contract).empty_table(), fresh.vector())


def chunks(rows_by_date: Mapping[dt.date, int]) -> Iterator[list[dt.date]]:
    """Dates in order, in lots of at most a million rows (or one date)."""
    chunk, held = list[dt.date](), 0
    for date, rows in sorted(rows_by_date.items()):
        if chunk and held + rows > _CHUNK_ROWS:
            yield chunk
            chunk, held = [], 0
        chunk, held = [*chunk, date], held + rows
    if chunk:
        yield chunk


def _same(old: Silver, fresh: Silver, dates: Collection[dt.date]) -> bool:
    try:
        return bool(_rows(old, dates).equals(_rows(fresh, dates)))
    except (Unavailable, OSError, pa.ArrowException):
        return False


def _rows(silver: Silver, dates: Collection[dt.date]) -> pa.Table:
    schema = silver_schema(silver.contract)
    by_key = [(name, "ascending") for name in silver.contract.unique]
    return silver.read(dates, schema).read_all().cast(schema).sort_by(by_key)


def dropped_from_bronze(spec: Contract) -> pc.Expression | None:
    """Which rows of silver come from records that retention has dropped from bronze; None: no row does."""
    store = lake_store()
    floors = {p: read_manifest(store, spec.topic, p).floor for p in partitions(store, spec.topic)}
    dropped = [
        (pc.field("_partition") == partition) & (pc.field("_offset") < floor)
        for partition, floor in floors.items()
        if floor is not None
    ]
    return functools.reduce(operator.or_, dropped) if dropped else None


def _take_over_what_bronze_dropped(spec: Contract, old: Silver | None, fresh: Silver) -> None:
    dropped = dropped_from_bronze(spec)
    if dropped is None:
        return
    if old is None:
        raise MillwrightError(
            f"Retention has dropped the beginning of bronze of {spec.topic}, and silver, which held it, is gone.",
            f"Put {settings().lake}/silver/{spec.table} back from a copy; nothing has been changed.",
        )
    for chunk in chunks(old.rows_by_date()):
        rows = old.read(chunk, silver_schema(spec)).read_all().filter(dropped)
        if rows.num_rows:
            fresh.replace(set(rows["event_date"].to_pylist()), rows, {})


def _remove(folder: str) -> None:
    store = lake_store()
    if settings().lake.startswith("file://"):
        shutil.rmtree(store.path(folder), ignore_errors=True)
        return
    for table in store.names(folder):  # the log, and a folder for each date
        for part in store.names(f"{folder}/{table}"):
            for name in store.names(f"{folder}/{table}/{part}"):
                store.remove(f"{folder}/{table}/{part}/{name}")
