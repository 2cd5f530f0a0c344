"""Micro-batches: bronze to marts again and again in one warm process, as long as new files come."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from millwright.contracts import contracts
from millwright.dbt_warm import WarmDbt
from millwright.errors import Unavailable
from millwright.settings import settings
from millwright.turns import one_at_a_time
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.load import load_new

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0  # between two looks for new files
_FAILURES, _PAUSE_SECONDS = 6, 5.0  # in a row, and after each of them
_WAIT_SECONDS = 60.0  # for somebody else's load of the same table


@dataclass
class MicroBatch:
    """What one round did, and the seconds that each of its steps took."""

    records: int = 0
    rows: int = 0  # inserted, updated or deleted in raw
    tables: list[str] = field(default_factory=list)  # of raw, that changed
    cleanse_seconds: float = 0.0
    load_seconds: float = 0.0
    dbt_seconds: float = 0.0


def follow(at_most_seconds: float = 3600.0) -> dict[str, Any]:
    """Bring what lands in bronze into the marts, in micro-batches, until nothing comes any more or the time is over.

    The first batch also makes good what an earlier run left undone. Any of them may be killed at any instant: each
    step goes on from what it last committed. Returns counts. Raises as `cleanse_new`, `load_new` and dbt do.
    """
    begun, quiet_since, batches, records, failed = time.monotonic(), time.monotonic(), 0, 0, 0
    with Engine() as engine:
        dbt = WarmDbt()
        while time.monotonic() - begun < at_most_seconds:
            started = time.monotonic()
            try:
                done = micro_batch(engine, dbt, everything=batches == 0 or failed > 0)
            except Unavailable as error:  # Airflow would try again only minutes later
                failed += 1
                if failed == _FAILURES:
                    raise
                log.warning("%s", error)
                time.sleep(_PAUSE_SECONDS)
                continue
            failed, batches = 0, batches + 1
            if done.records:
                records, quiet_since = records + done.records, time.monotonic()
                log.info("micro-batch %d: %s", batches, done)
            elif not records or time.monotonic() - quiet_since > settings().micro_batch_idle_seconds:
                break
            pause = settings().micro_batch_seconds if done.records else _LOOK_SECONDS
            time.sleep(max(0.0, started + pause - time.monotonic()))
    return {"micro_batches": batches, "records": records, "seconds": round(time.monotonic() - begun, 1)}


def micro_batch(engine: Engine, dbt: WarmDbt, everything: bool = False) -> MicroBatch:
    """Cleanse, load and build what is new once. `everything`: load and build also where nothing new was cleansed."""
    done, clock = MicroBatch(), time.monotonic()
    with one_at_a_time("cleanse"):
        cleansed = [cleanse_new(stream, engine) for stream in contracts()]
    done.records = sum(each.records for each in cleansed)
    done.cleanse_seconds, clock = _lap(clock)
    done.tables = _load([each.stream for each in cleansed if each.records or everything], done)
    done.load_seconds, clock = _lap(clock)
    if everything or done.tables:
        dbt.build(None if everything else done.tables)
    done.dbt_seconds, _ = _lap(clock)
    return done


def _load(streams: Iterable[str], done: MicroBatch) -> list[str]:
    changed = []
    for stream in streams:
        loaded = load_new(stream, wait_seconds=_WAIT_SECONDS)
        if rows := loaded.rows_inserted + loaded.rows_updated + loaded.rows_deleted:
            changed.append(loaded.table)
            done.rows += rows
    return changed


def _lap(since: float) -> tuple[float, float]:
    now = time.monotonic()
    return round(now - since, 2), now
