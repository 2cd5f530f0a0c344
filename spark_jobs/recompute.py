"""Event dates of silver computed again from bronze, and put right where they differ: what a backfill of a day means."""

from __future__ import annotations

import datetime as dt
import functools
import operator
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from millwright.contracts import Contract, chosen, contract
from millwright.derived import raw_tables
from millwright.errors import MillwrightError
from millwright.failpoints import failpoint
from millwright.lake import BronzeFile, list_bronze, list_repaired
from millwright.settings import settings
from millwright.turns import one_at_a_time
from spark_jobs import derived
from spark_jobs.delta import lake_answers
from spark_jobs.derived import lots
from spark_jobs.engine import Engine
from spark_jobs.features import compute_new
from spark_jobs.frames import cleansed, given, read_bronze, record_schema
from spark_jobs.load import load_new
from spark_jobs.outliers import WINDOW_SECONDS
from spark_jobs.parts import DAY, midnight
from spark_jobs.rebuild.silver import dropped_from_bronze
from spark_jobs.silver import EVENT_DATE, Overtaken, Silver, silver_schema

_TRIES = 5
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Recomputed:
    """What bronze gives for some event dates of a stream: `rows`, and the dates in which silver had others."""

    stream: str
    rows: int = 0
    dates: tuple[dt.date, ...] = ()
    written: bool = False  # whether silver has been put right; without a difference there is nothing to write

    def as_dict(self) -> dict[str, Any]:
        """For JSON: dates in ISO 8601."""
        return {**self.__dict__, "dates": [date.isoformat() for date in self.dates]}


def recompute(
    stream: str,
    first: dt.date,
    last: dt.date,
    engine: Engine,
    machines: Collection[str] = (),
    dry_run: bool = False,
) -> Recomputed:
    """Compute the event dates from `first` to `last` of a stream's silver again, from bronze as far as silver has read.

    `machines`: only their rows (none: all). A date that comes out as it was is not written, so a second run writes
    nothing. When the last date differs, the next is looked at too: its first windows reach back. With `dry_run` nothing
    is written. Rows whose bronze retention has dropped stay. Raises MillwrightError when bronze is damaged, Unavailable
    when others keep committing, or Spark or the lake is away.
    """
    spec = contract(stream)
    for tries in range(_TRIES):
        silver = Silver.find(spec)
        if silver is None or not silver.is_begun:
            return Recomputed(stream)
        try:
            return _recompute(silver, first, last, engine, machines, dry_run)
        except Overtaken:
            if tries == _TRIES - 1:
                raise
    raise AssertionError("not reached")


def _recompute(
    silver: Silver, first: dt.date, last: dt.date, engine: Engine, machines: Collection[str], dry_run: bool
) -> Recomputed:
    rows, differing = 0, list[dt.date]()
    todo = [first + n * _DAY for n in range((last - first).days + 1)]
    while todo:
        for lot in lots(todo, silver.rows_by_date(), settings().cleanse_batch_records):
            there = _rows(silver, lot)
            found = _again(silver, lot, engine, machines, there)
            other = [date for date in lot if not _of(found, date).equals(_of(there, date))]
            if other and not dry_run:
                failpoint("recompute.before_commit")
                chosen = found.filter(pc.field(EVENT_DATE).isin(pa.array(other, pa.date32())))
                silver.replace(other, chosen, {})
                failpoint("recompute.after_commit")
            rows += found.num_rows
            differing += other
        # An outlier window reaches back over midnight.
        reaches_on = bool(silver.contract.channels) and todo[-1] in differing and not dry_run
        todo = [todo[-1] + _DAY] if reaches_on and todo[-1] + _DAY in silver.files() else []
    return Recomputed(silver.contract.stream, rows, tuple(differing), bool(differing) and not dry_run)


def _rows(silver: Silver, dates: Collection[dt.date]) -> pa.Table:
    schema = silver_schema(silver.contract)
    return silver.read(dates, schema).read_all().cast(schema).sort_by(_order(silver.contract))


def _of(rows: pa.Table, date: dt.date) -> pa.Table:
    return rows.filter(pc.field(EVENT_DATE) == pa.scalar(date, pa.date32())).combine_chunks()


def _order(spec: Contract) -> list[tuple[str, str]]:
    return [(name, "ascending") for name in (EVENT_DATE, *spec.unique)]


@lake_answers()
def _again(
    silver: Silver, dates: Sequence[dt.date], engine: Engine, machines: Collection[str], there: pa.Table
) -> pa.Table:
    """What these dates hold by bronze, in the columns and order of `_rows`; other machines' rows as they are."""
    spec, schema = silver.contract, silver_schema(silver.contract)
    begin, end = midnight(dates[0]) - WINDOW_SECONDS * 1_000_000, midnight(dates[-1]) + DAY
    table, records = schema.empty_table(), _records(engine, silver, begin, end)
    if records is not None:
        if machines:
            records = records.filter(F.col(spec.key).isin(list(machines)))
        is_wanted = F.col(spec.event_time) >= F.lit(_moment(midnight(dates[0])))
        rows = cleansed(records.withColumn("_wanted", is_wanted), spec).filter("_wanted").toArrow()
        rows = rows.append_column(EVENT_DATE, pc.cast(rows[spec.event_time], pa.date32()))
        table = rows.select(schema.names).cast(schema)
    if machines:
        others = ~pc.field(spec.key).isin(pa.array(list(machines)))
        table = pa.concat_tables([table, there.filter(others)])
    return table.sort_by(_order(spec))


def _records(engine: Engine, silver: Silver, begin: int, end: int) -> DataFrame | None:
    """The records with an event time from `begin` to before `end` (µs) that silver has read; None: no file has any."""
    spec, vector = silver.contract, silver.vector()
    files = [file for file in _files(spec.topic, vector) if file.accepted and _may_hold(file, begin)]
    files.sort(key=lambda file: file.schema_id)
    plain = [file for file in files if file.partition >= 0]
    mended = [file for file in files if file.partition < 0]
    gone = _dropped(silver, begin, end)
    frames = [given(engine, spec, gone)] if gone.num_rows else []
    if plain:
        frames.append(_read(engine, spec, plain).filter(_has_read(vector)))  # a file may reach beyond what was read
    if mended:
        frames.append(_read(engine, spec, mended))
    if not frames:
        return None
    at = F.col(spec.event_time)
    whole = functools.reduce(DataFrame.unionByName, frames)
    return whole.filter((at >= F.lit(_moment(begin))) & (at < F.lit(_moment(end))))


def _files(topic: str, vector: Mapping[int, int]) -> list[BronzeFile]:
    files = [*list_bronze(topic), *list_repaired(topic)]
    return [file for file in files if file.first_offset < vector.get(file.partition, 0)]


def _may_hold(file: BronzeFile, begin: int) -> bool:
    # No event is later than its append time by more than the tolerance; a day more, for that may have been another.
    tolerance_ms = (settings().future_tolerance_seconds + 86_400) * 1000
    return file.partition < 0 or file.append_max is None or file.append_max + tolerance_ms >= begin / 1000


def _read(engine: Engine, spec: Contract, files: Sequence[BronzeFile]) -> DataFrame:
    """All records of these files. Raises MillwrightError when they hold fewer than their headers count: an engine that
    reads nothing from a missing file must not become a commit."""
    by_schema = [[file.path for file in group] for _, group in groupby(files, key=lambda file: file.schema_id)]
    frame = read_bronze(engine, spec, by_schema)
    expected, found = sum(file.accepted for file in files), frame.count()
    if found != expected:
        raise MillwrightError(
            f"Bronze of {spec.topic} holds {found} records where its files' headers count {expected}.",
            "`millwright lake verify` names the damaged file; put it back from a copy (docs/lake.md).",
        )
    return frame


def _has_read(vector: Mapping[int, int]) -> Any:
    ends = [
        (F.col("_partition") != F.lit(partition)) | (F.col("_offset") < F.lit(offset))
        for partition, offset in vector.items()
        if partition >= 0
    ]
    return functools.reduce(operator.and_, ends)


def _dropped(silver: Silver, begin: int, end: int) -> pa.Table:
    """The rows of silver whose records retention has dropped from bronze."""
    whole = silver_schema(silver.contract)
    columns = pa.schema([whole.field(name) for name in record_schema(silver.contract).fieldNames()])
    dropped = dropped_from_bronze(silver.contract)
    if dropped is None:
        return columns.empty_table()
    return silver.read_spans([(begin, end - 1)], columns).read_all().filter(dropped)


def _moment(micros: int) -> dt.datetime:
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)


def days(first: str, last: str | None = None) -> list[dt.date]:
    """The dates from `first` to `last` (ISO 8601; None: one day). Raises MillwrightError for what is no such window."""
    try:
        begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    except ValueError as error:
        raise MillwrightError(f"A day is not as expected: {error}.", "Write it as 2026-01-31.") from None
    if end < begin:
        raise MillwrightError(f"The window ends on {end} and begins on {begin}.", "Give the earlier date first.")
    return [begin + n * _DAY for n in range((end - begin).days + 1)]


def recompute_all(
    window: Sequence[dt.date],
    streams: Collection[str] | None = None,
    machines: Collection[str] = (),
    dry_run: bool = False,
    again: bool = True,
) -> dict[str, Any]:
    """Compute these days of streams (None: all) again from bronze, then the features and summaries behind them.

    `again`: features of these days are computed also where silver comes out as it was. Gives what `load_all` takes:
    dry_run, first, last, again, streams (each as `recompute` gives it), features. Raises as `recompute` and
    `compute_new` do.
    """
    with one_at_a_time("cleanse"), Engine() as engine:
        found = [
            recompute(spec.stream, window[0], window[-1], engine, machines, dry_run).as_dict()
            for spec in chosen(streams)
        ]
        said = {"dry_run": dry_run, "first": str(window[0]), "last": str(window[-1]), "again": again, "streams": found}
        if dry_run:
            return said
        with one_at_a_time("features"), derived.again(window if again else ()):
            return said | {"features": [result.as_dict() for result in compute_new(engine)]}


def load_all(recomputed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Load what `recompute_all` has done. Raises as `load_new` does."""
    window = days(recomputed["first"], recomputed["last"]) if recomputed["again"] else []
    return [load_new(name, wait_seconds=600, again=window).as_dict() for name in raw_tables()]
