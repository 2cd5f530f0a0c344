"""A rebuild from beginning to end: in place, or beside the warehouse and thrown away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial

from millwright import dbt_runner, reference, tables
from millwright.checksums import Checksum
from millwright.contracts import contracts
from millwright.derived import computed_tables, raw_tables
from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.settings import settings_with
from spark_jobs.derived import from_nothing
from spark_jobs.engine import Engine
from spark_jobs.features import compute_new
from spark_jobs.load import load_new
from spark_jobs.rebuild import silver as made
from spark_jobs.rebuild import state, warehouse
from spark_jobs.silver import Silver

Progress = Callable[[str, int, int | None], None]  # step, done, to do (None: not known)
_ATTEMPTS = 3
_NEW = Checksum(0, "")


@dataclass(frozen=True)
class Row:
    """One table as bronze gives it, and in words how what stood there differs (empty: it does not)."""

    table: str
    rows: int
    checksum: str
    difference: str = ""


@dataclass
class Report:
    """What was compared, and what is to be said besides: `notes` for people, `failed` tests of dbt."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: MillwrightError | None = None

    @property
    def differing(self) -> list[Row]:
        return [row for row in self.rows if row.difference]


def rebuild(progress: Progress) -> Report:
    """Make silver, raw and all dbt models what bronze gives, and report how they differed from what stood before.

    Each layer stays readable until the next has its rows: silver is made beside and its differing dates replaced, raw
    is compared row by row in one transaction a table, dbt exchanges finished tables. Killed at any instant, the next
    run goes on, and compares with what stood before the first. `ml` and the platform's history are not touched.
    """
    report = Report()
    with warehouse.one_rebuild():
        tables.migrate()
        reference.apply()
        progress("checksums of what stands", 0, None)
        number, before, resumed = state.begin()
        if resumed:
            report.notes.append("An earlier rebuild was cut short: compared is with what stood before that one.")
        last = max(state.loads_since(0), default=0)
        with made.beside(warehouse.name()) as folder, Engine() as engine:
            for stream in contracts():
                report.rows += _silver_in_place(stream, engine, folder, progress)
            failpoint("rebuild.after_silver")
            progress("features and summaries", 0, None)
            with from_nothing():
                compute_new(engine)
        loads = [load_new(name, partial(progress, f"raw {name}"), everything=True) for name in raw_tables()]
        failpoint("rebuild.after_load")
        report.failed = _build(progress, full_refresh=True)
        progress("checksums of what was built", 0, None)
        after = state.now()
        if others := state.loads_since(last) - {load.load_id for load in loads}:
            report.notes.append(f"Loads that came in meanwhile: {len(others)}. What differs may be by them.")
        failpoint("rebuild.before_finish")
        state.finish(number, after)
    report.rows += _compared(before, after)
    return report


def check(progress: Progress) -> Report:
    """Build silver and the warehouse beside those that stand, compare, and throw them away; nothing else is touched.

    Bronze is read exactly as far as the warehouse has been loaded, so a running plant makes no difference.
    Raises MillwrightError when the marts do not hold what is loaded, or the user may not create a database.
    """
    report = Report()
    with warehouse.one_rebuild():
        progress("checksums of what stands", 0, None)
        standing = state.settled()
        with made.beside(warehouse.name()) as folder:
            with Engine() as engine:
                for stream, old in standing.silver.items():
                    fresh = made.build(stream, engine, folder, old, partial(progress, f"silver {stream}"))
                    report.rows.append(_silver_row(fresh, made.differing(old, fresh)))
                progress("features and summaries", 0, None)
                with settings_with(silver_folder=folder):
                    compute_new(engine)
            with warehouse.beside():
                with settings_with(silver_folder=folder):
                    for name in (*standing.silver, *computed_tables()):
                        load_new(name, partial(progress, f"raw {name}"))
                report.failed = _build(progress)
                progress("checksums of what was built", 0, None)
                rebuilt = state.now()
    report.rows += _compared(standing.tables, rebuilt)
    return report


def _silver_in_place(stream: str, engine: Engine, folder: str, progress: Progress) -> list[Row]:
    attempts = 0
    while True:
        attempts += 1
        used = Silver.find(contracts()[stream])
        old = used if used and used.is_begun else None
        fresh = made.build(stream, engine, folder, old, partial(progress, f"silver {stream}"))
        if old is None and not fresh.vector():
            return []  # nothing of it has landed yet
        dates = made.differing(used, fresh)
        try:
            made.mend(used, fresh, dates)
        except Unavailable:  # a cleanse committed meanwhile; what was made is gone on with
            if attempts == _ATTEMPTS:
                raise
        else:
            return [_silver_row(fresh, dates)]


def _silver_row(fresh: Silver, dates: Collection[dt.date]) -> Row:
    shown = ", ".join(map(str, sorted(dates)[:3])) + (", …" if len(dates) > 3 else "")
    difference = f"{len(dates)} event date{'s'[: len(dates) > 1]}: {shown}" if dates else ""
    return Row(f"silver.{fresh.contract.table}", sum(fresh.rows_by_date().values()), "", difference)


def _build(progress: Progress, full_refresh: bool = False) -> MillwrightError | None:
    """Build all models. A failing test is for the report: what can be compared still is."""
    progress("dbt", 0, None)
    try:
        dbt_runner.build(full_refresh=full_refresh)
    except Unavailable:
        raise
    except MillwrightError as error:
        return error
    return None


def _compared(before: dict[str, Checksum], after: dict[str, Checksum]) -> list[Row]:
    rows = []
    for name in sorted(before.keys() | after.keys(), key=lambda name: (state.SCHEMAS.index(name.split(".")[0]), name)):
        old, new = before.get(name), after.get(name)
        if new is None:
            difference = "is made by nothing that is here"
        elif old is None:
            difference = "was not there"
        elif old == new:
            difference = ""
        else:
            difference = f"had {old.rows:,} rows" if old.rows != new.rows else "as many rows, other values"
        found = new or _NEW
        rows.append(Row(name, found.rows, found.digest, difference))
    return rows
