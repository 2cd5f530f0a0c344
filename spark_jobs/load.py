"""Silver to the warehouse: the stretches of event time that changed, compared row by row, in one transaction."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from millwright.contracts import Contract
from millwright.derived import raw_table
from millwright.errors import MillwrightError
from millwright.failpoints import failpoint
from millwright.logs import said
from millwright.retention import FLOOR
from millwright.tables import ensure_partitions, load_lock, migrate, raw_columns
from millwright.warehouse import adbc, translated
from spark_jobs import load_sql
from spark_jobs.delta import lake_answers
from spark_jobs.parts import DAY, Part, changed_spans, joined, midnight
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadResult:
    """What one load did to a raw table; without a `load_id` there was nothing to look at."""

    table: str
    load_id: int | None
    rows_inserted: int
    rows_updated: int
    rows_deleted: int
    silver_version: int | None  # None: there is no silver yet
    rows_too_old: int = 0  # staying in the lake only: about how many rows that changed lie before what raw keeps

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def load_new(
    name: str,
    progress: Callable[[int, int], None] | None = None,
    wait_seconds: float = 0.0,
    everything: bool = False,
    again: Collection[dt.date] = (),
) -> LoadResult:
    """Make raw.<table> of a stream, or of a computed table, equal to the lake's, from where its retention begins.

    It looks only at the stretches of event time that changed since the last load.

    `everything`: at all of both, whatever was loaded last. `again`: at these event dates too, and all their rows count
    as updated, so that dbt computes anew what they are in.

    One transaction on one connection: a lock on the table, COPY of Arrow into a temporary table, deletes, updates of
    rows that differ in any column, inserts, and the row of platform.loads that is the watermark. Rows inserted and
    updated carry its `_load_id`. Losing the connection anywhere leaves nothing behind. `progress` is told rows copied
    and to copy. Raises Unavailable when the warehouse is away, MillwrightError when another load of the table runs, and
    still does after `wait_seconds`.
    """
    spec = raw_table(name)
    silver = Silver.find(spec)
    if silver is None or not silver.is_begun:
        return LoadResult(spec.table, None, 0, 0, 0, None)
    migrate()
    with translated(), lake_answers():
        connection = adbc()
        try:
            with connection.cursor() as cursor:
                cursor.execute(load_sql.WATCH)
                _take_turn(cursor, spec, wait_seconds)
                result = _load(cursor, spec, silver, progress, everything, again)
            failpoint("load.before_commit")
            connection.commit()
        finally:
            connection.close()  # without a commit, nothing has happened
    failpoint("load.after_commit")
    if result.load_id is not None:
        rows = {"inserted": result.rows_inserted, "updated": result.rows_updated, "deleted": result.rows_deleted}
        log.info(said("loaded", stream=spec.stream, silver=result.silver_version, load=result.load_id, **rows))
    return result


def _take_turn(cursor: Any, spec: Contract, wait_seconds: float) -> None:
    give_up = time.monotonic() + wait_seconds
    while not _one(cursor, load_sql.LOCK, (load_lock(spec.table),)):
        if time.monotonic() >= give_up:
            raise MillwrightError(
                f"Another load of raw.{spec.table} is running.", "Wait for it; it loads the same rows."
            )
        time.sleep(0.2)


def _load(
    cursor: Any,
    spec: Contract,
    silver: Silver,
    progress: Callable[[int, int], None] | None,
    whole_table: bool,
    again: Collection[dt.date],
) -> LoadResult:
    columns = [name for name in raw_columns(spec) if name != "_load_id"]
    spans, everything = _spans_to_compare(cursor, spec, silver, columns)
    if whole_table:
        spans, everything = changed_spans((), silver.parts()) or [(0, 0)], True
    asked = _since([(midnight(date), midnight(date) + DAY - 1) for date in sorted(again)], _floor(cursor, spec))
    spans = joined([*spans, *asked])
    changed = _within(spans, silver)
    spans = _since(spans, _floor(cursor, spec))
    held = _within(spans, silver)
    too_old = sum(part.rows for part in changed) - sum(part.rows for part in held)
    if not spans:
        return LoadResult(spec.table, None, 0, 0, 0, silver.version, too_old)

    ensure_partitions(spec.table, {part.date for part in held})
    cursor.execute(load_sql.create_staging(spec))
    todo = sum(part.rows for part in held)
    whole = silver_schema(spec)
    rows = silver.read_spans(spans, pa.schema([whole.field(name) for name in columns]))
    cursor.adbc_ingest("staging", _counted(rows, todo, progress), mode="append", temporary=True)
    cursor.execute("analyze staging")
    cursor.execute(load_sql.PLAN)
    failpoint("load.after_copy")

    within = load_sql.within(spec, None if everything else spans)
    load_id = _one(cursor, load_sql.NEW_LOAD, (spec.table, silver.version, silver.table_id, ",".join(columns)))
    updated = _one(cursor, load_sql.update(spec, columns, load_id, within))
    deleted = _one(cursor, load_sql.delete(spec, within))  # before the inserts, which it need not look at then
    inserted = _one(cursor, load_sql.insert(spec, columns, load_id, within))
    if asked:
        updated += _one(cursor, load_sql.touch(spec, load_id, load_sql.within(spec, asked)))
    cursor.execute(load_sql.COUNTED, (inserted, updated, deleted, load_id))
    return LoadResult(spec.table, load_id, inserted, updated, deleted, silver.version, too_old)


def _within(spans: list[tuple[int, int]], silver: Silver) -> list[Part]:
    return [p for p in silver.parts() if any(first <= p.last and p.first <= last for first, last in spans)]


def _floor(cursor: Any, spec: Contract) -> int | None:
    """The moment (µs since 1970) before which retention keeps nothing of the table."""
    cursor.execute(FLOOR, (spec.table,))
    found = cursor.fetchone()
    return None if found is None else round(found[0].timestamp() * 1_000_000)


def _since(spans: list[tuple[int, int]], floor: int | None) -> list[tuple[int, int]]:
    return spans if floor is None else [(max(first, floor), last) for first, last in spans if last >= floor]


def _one(cursor: Any, statement: str, parameters: tuple[Any, ...] | None = None) -> int:
    cursor.execute(statement, parameters)
    return int(cursor.fetchone()[0])


def _spans_to_compare(
    cursor: Any, spec: Contract, silver: Silver, columns: list[str]
) -> tuple[list[tuple[int, int]], bool]:
    """Stretches that may differ, and whether that is the whole table: there was no load yet, or silver was made anew,
    or the version loaded last has been cleaned away, or the contract has got another column since."""
    cursor.execute(load_sql.WATERMARK, (spec.table,))
    found = cursor.fetchone()
    if found is None:
        return changed_spans((), silver.parts()), True
    version, silver_id, loaded_columns = found
    old = Silver.find(spec, version=version)
    if old is not None and old.table_id == silver.table_id == silver_id and loaded_columns == columns:
        return changed_spans(old.parts(), silver.parts()), False
    return changed_spans((), silver.parts()) or [(0, 0)], True


def _counted(
    rows: pa.RecordBatchReader, todo: int, progress: Callable[[int, int], None] | None
) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in rows:
            yield batch
            done += batch.num_rows
            if progress:
                progress(done, todo)

    return pa.RecordBatchReader.from_batches(rows.schema, batches())
