"""Event dates of silver computed again from bronze, and put right where they differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import functions as F

from millwright.contracts import Contract, contract
from millwright.failpoints import failpoint
from millwright.settings import settings
from spark_jobs.delta import lake_answers
from spark_jobs.derived import lots
from spark_jobs.engine import Engine
from spark_jobs.frames import cleansed
from spark_jobs.outliers import WINDOW_SECONDS
from spark_jobs.parts import DAY, midnight
from spark_jobs.recompute.bronze import moment, records
from spark_jobs.silver import Overtaken, Silver
from spark_jobs.silver_files import EVENT_DATE, silver_schema

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
    raise AssertionError("a last try returns or raises")


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
    table, found = schema.empty_table(), records(engine, silver, begin, end)
    if found is not None:
        if machines:
            found = found.filter(F.col(spec.key).isin(list(machines)))
        is_wanted = F.col(spec.event_time) >= F.lit(moment(midnight(dates[0])))
        rows = cleansed(found.withColumn("_wanted", is_wanted), spec).filter("_wanted").toArrow()
        rows = rows.append_column(EVENT_DATE, pc.cast(rows[spec.event_time], pa.date32()))
        table = rows.select(schema.names).cast(schema)
    if machines:
        others = ~pc.field(spec.key).isin(pa.array(list(machines)))
        table = pa.concat_tables([table, there.filter(others)])
    return table.sort_by(_order(spec))
