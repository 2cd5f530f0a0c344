"""Events and assets to what they have told of each machine, up to any moment."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from millwright.contracts import contracts
from millwright.derived import ASSETS, EVENTS, equipment_conditions
from spark_jobs import conditions
from spark_jobs.delta import lake_answers
from spark_jobs.derived import Derived, DerivedResult, paths
from spark_jobs.engine import Engine
from spark_jobs.frames import read_rows, spark_schema
from spark_jobs.silver import Silver
from spark_jobs.workers import cogrouped

_FIRST_LOT = 8  # dates; each lot is twice the one before: a late event seldom matters for long
_EPOCH = dt.date(1970, 1, 1)


def conditions_new(engine: Engine) -> DerivedResult:
    """Bring the machines' conditions up to silver's events and assets.

    The table has a date for each date with an event of any machine, and says there how each machine began it. From a
    changed date on, dates are computed until one ends as it did. Raises as `aggregates.hours_new`.
    """
    table = Derived.open(equipment_conditions())
    unfinished = table.unfinished()
    sources = [Silver.find(contracts()[stream]) for stream in (EVENTS, ASSETS) if stream in contracts()]
    changed = set().union(*(table.pending(source) for source in sources))
    there = [source for source in sources if source is not None]
    dates = sorted(set().union(*(source.files() for source in there)))
    todo = sorted(changed | ({unfinished} if unfinished else set()))
    if vanished := changed - set(dates):
        table.put(vanished, conditions.SCHEMA.empty_table(), unfinished=min(todo))
    size = _FIRST_LOT
    while todo:
        first = bisect.bisect_left(dates, todo[0])
        lot, behind = dates[first : first + size], dates[first + size : first + size + 1]
        if not lot:
            break
        rows = _followed(engine, table, there, lot, dates[first - 1 : first] if first else [])
        other = table.put(lot, rows, unfinished=min([*behind, *([unfinished] if unfinished else [])], default=None))
        size *= 2
        # What lies behind a date that came out as it was is as it was, up to the next date with another event. After
        # a run that was killed it need not be: then all dates behind are computed.
        doubtful = lot[-1] in other or (unfinished is not None and lot[-1] >= unfinished)
        todo = sorted({*(behind if doubtful else []), *(date for date in todo if date > lot[-1])})
    table.take_up(there)
    return table.result()


@lake_answers()
def _followed(
    engine: Engine, table: Derived, sources: Sequence[Silver], lot: list[dt.date], before: list[dt.date]
) -> pa.Table:
    occurrences = [_occurrences(engine, source, lot) for source in sources]
    events = occurrences[0]
    for more in occurrences[1:]:
        events = events.unionByName(more)
    earlier = read_rows(engine, table.contract, paths(table, before))
    days = [(date - _EPOCH).days * conditions.DAY for date in lot]
    follow = conditions.follow

    def grouped(events: pa.Table, before: pa.Table) -> pa.Table:
        return follow(events, before, days)

    schema = spark_schema(conditions.SCHEMA)
    return cogrouped(events, earlier, "equipment_id", grouped, schema, conditions).toArrow()


def _occurrences(engine: Engine, source: Silver, dates: list[dt.date]) -> DataFrame:
    """Events in one shape; a record of assets is an event of kind `asset`."""
    spec = source.contract
    there = {f.name for f in spec.fields}
    kinds = {"code": "string", "component": "string", "commissioned_at": "timestamp"}
    return read_rows(engine, spec, paths(source, dates)).select(
        F.col(spec.key).alias("equipment_id"),
        F.col(spec.event_time).alias("event_time"),
        F.col("kind") if "kind" in there else F.lit("asset").alias("kind"),
        *((F.col(name) if name in there else F.lit(None)).cast(kind).alias(name) for name, kind in kinds.items()),
    )
