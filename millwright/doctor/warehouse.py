"""Is the warehouse what this Millwright writes: its revision, its clock, and what dbt said last?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import sqlalchemy

from millwright.doctor import Check, Finding
from millwright.migrations import UNKNOWN_BEFORE, current, newest
from millwright.warehouse import address, connect, engine, session

CLOCK_SECONDS = 2.0  # NTP keeps machines within 0.1 s; an alarm's lateness is judged in tens of seconds
_OLDEST_POSTGRES = 15  # it knows "nulls not distinct" of unique keys
_DBT_LOOK = """
select name, kind, message from (
    select distinct on (name) name, kind, status, message, last_at from platform.dbt_results
    order by name, result_id desc
) as newest
where status in ('error', 'fail', 'runtime error') and last_at > now() - interval '7 days' order by kind, name"""


def tables() -> Iterator[Finding]:
    """The revision of the platform's own tables."""
    with engine().connect() as connection:
        at = current(connection)
    if at == newest():
        return
    if at == UNKNOWN_BEFORE or at < newest():
        problem = f"The warehouse at {address()} is at revision {at}; this Millwright writes {newest()}."
        yield Finding(problem, "Bring its tables to the newest revision.", "millwright up --only tables")
    else:
        problem = (
            f"The warehouse at {address()} is at revision {at}, which a newer Millwright made; we know {newest()}."
        )
        yield Finding(problem, "Check the newer version out again (docs/upgrade.md).", "make setup")


def version(oldest: int = _OLDEST_POSTGRES) -> Iterator[Finding]:
    """A Postgres of your own is new enough; `oldest` is a major version."""
    connection = connect()
    found = connection.server_version // 10_000
    connection.close()
    if found < oldest:
        problem = f"The warehouse at {address()} is PostgreSQL {found}; Millwright needs {oldest} or newer."
        yield Finding(problem, "Upgrade it, or use the embedded one.", "unset MILLWRIGHT_DATABASE_URL; millwright up")


def clock(now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """The warehouse's clock against ours, the way there and back allowed for."""
    with engine().connect() as connection:
        before = now()
        theirs = float(connection.scalar(sqlalchemy.text("select extract(epoch from clock_timestamp())")) or 0)
        after = now()
    yield from differing(f"The warehouse at {address()}", theirs, before, after)


def differing(who: str, theirs: float, before: float, after: float) -> Iterator[Finding]:
    """A clock that was read between two looks at ours; seconds since 1970."""
    off = theirs - after if theirs > after else theirs - before if theirs < before else 0.0
    if abs(off) > CLOCK_SECONDS:
        yield Finding(
            f"{who} has a clock {abs(off):,.0f} s {'ahead of' if off > 0 else 'behind'} ours.",
            "Let both machines follow one time server.",
            "timedatectl set-ntp true",
        )


def dbt() -> Iterator[Finding]:
    """What dbt's newest runs ended with, as it wrote down itself; nothing before the first load."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select to_regclass('platform.dbt_results') is not null, to_regclass('platform.loads') is not null"
        )
        ran, loads = cursor.fetchone() or (False, False)
        if not ran:
            cursor.execute("select exists (select from platform.loads)" if loads else "select false")
            if (cursor.fetchone() or (False,))[0]:
                yield Finding(
                    "Rows have been loaded, and dbt has never run: there are no marts.",
                    "Build the models, or start the DAG dbt_transformations in Airflow.",
                    "cd dbt_transformations && ../.venv/bin/dbt build",
                )
            return
        cursor.execute(_DBT_LOOK)
        failed = cursor.fetchall()
    if failed:
        name, kind, message = failed[0]
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        yield Finding(
            f"dbt's {kind} {name}{more} failed last time: {message[:200]}",
            "Look at the rows, mend the cause, and build what failed again.",
            f"cd dbt_transformations && ../.venv/bin/dbt build --select {' '.join(row[0] for row in failed[:5])}",
        )


CHECKS = [
    Check("tables", "revision of the warehouse's tables", tables),
    Check("version of Postgres", "new enough", version),
    Check("clock of the warehouse", "against ours", clock),
    Check("dbt", "what the newest runs ended with", dbt),
]
