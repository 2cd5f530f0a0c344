"""What stands in the warehouse: checksums, how far bronze is in it, and what a rebuild found before it began."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json

from millwright.checksums import Checksum, checksums
from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.quality_tables import OF_RUNS
from millwright.turns import one_at_a_time
from millwright.warehouse import session
from spark_jobs.silver import Silver

SCHEMAS = ("raw", "intermediate", "marts")
_PATIENCE_SECONDS = 120.0  # for dbt to take up the newest load

# A load that a model has not taken up, though it follows the table.
_PENDING = """
with follows as (
    select distinct applied.model, loads.table_name
    from platform.applied_loads as applied inner join platform.loads as loads using (load_id)
)
select loads.table_name, loads.load_id from platform.loads as loads
inner join follows using (table_name)
where not exists (
    select from platform.applied_loads as applied
    where applied.load_id = loads.load_id and applied.model = follows.model
) limit 1"""


@dataclass(frozen=True)
class Standing:
    """A warehouse at one moment: its tables' checksums, and the silver version that each stream was loaded from."""

    tables: dict[str, Checksum]
    silver: dict[str, Silver]


def now() -> dict[str, Checksum]:
    """Checksums of raw, intermediate and marts, of one snapshot; without marts that tell of runs, for each run adds."""
    with session() as connection:
        connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with connection.cursor() as cursor:
            return _checksums(cursor)


def settled() -> Standing:
    """The warehouse at a moment when its marts hold all that is loaded; no dbt build runs at it.

    Raises MillwrightError when they do not within two minutes, or when the silver loaded from is gone.
    """
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with one_at_a_time("dbt-build"), session() as connection:
            connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
            with connection.cursor() as cursor:
                pending = _pending(cursor)
                if pending is None:
                    loaded = _loaded(cursor)
                    return Standing(_checksums(cursor), {s: _silver(s, *at) for s, at in loaded.items()})
        if time.monotonic() > give_up:
            raise MillwrightError(
                f"The marts do not hold load {pending[1]} of raw.{pending[0]} yet: nothing can be compared.",
                "Run `cd dbt_transformations && dbt build`, then this again.",
            )
        time.sleep(2)


def begin() -> tuple[int, dict[str, Checksum], bool]:
    """The rebuild's number and what stood before it; True when one that was cut short is gone on with."""
    found = now()
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select rebuild_id, before from platform.rebuilds where finished_at is null order by rebuild_id limit 1"
        )
        if (row := cursor.fetchone()) is not None:
            return row[0], {name: Checksum(**told) for name, told in row[1].items()}, True
        cursor.execute("insert into platform.rebuilds (before) values (%s) returning rebuild_id", (_json(found),))
        (number,) = cursor.fetchone() or (0,)
        return number, found, False


def finish(number: int, after: dict[str, Checksum]) -> None:
    """Write down what stands now."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "update platform.rebuilds set after = %s, finished_at = now() where rebuild_id = %s", (_json(after), number)
        )


def loads_since(load_id: int) -> set[int]:
    """The loads after this one."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select load_id from platform.loads where load_id > %s", (load_id,))
        return {found for (found,) in cursor.fetchall()}


def _checksums(cursor: Cursor) -> dict[str, Checksum]:
    return {name: found for name, found in checksums(cursor, SCHEMAS).items() if name not in OF_RUNS}


def _json(found: dict[str, Checksum]) -> Json:
    return Json({name: asdict(one) for name, one in found.items()})


def _pending(cursor: Cursor) -> tuple[str, int] | None:
    cursor.execute("select to_regclass('platform.applied_loads')")
    if cursor.fetchone() == (None,):
        return None
    cursor.execute(_PENDING)
    return cursor.fetchone()


def _loaded(cursor: Cursor) -> dict[str, tuple[int, str]]:
    cursor.execute(
        "select distinct on (table_name) table_name, silver_version, silver_id from platform.loads"
        " order by table_name, load_id desc"
    )
    found = {table: (version, silver) for table, version, silver in cursor.fetchall()}
    return {stream: found[spec.table] for stream, spec in contracts().items() if spec.table in found}


def _silver(stream: str, version: int, silver_id: str) -> Silver:
    spec = contracts()[stream]
    found = Silver.find(spec, version)
    if found is None or found.table_id != silver_id:
        raise MillwrightError(
            f"The silver table that raw.{spec.table} was loaded from is gone, so nobody knows what was in it.",
            "Run `millwright rebuild` without --check.",
        )
    return found
