"""Counts into the warehouse: the position moves in the transaction of the rows, so that nothing is counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from millwright.contracts import Contract
from millwright.errors import MillwrightError
from millwright.quality_tables import DELAY_COLUMNS
from millwright.silver_position import SilverCommit
from quality.counts import Counts
from quality.machines import Machine, Machines

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def lock(cursor: Cursor) -> None:
    """Hold the right to count until commit, so that run ids are committed in their order.

    Raises MillwrightError when another run holds it.
    """
    cursor.execute("select pg_try_advisory_xact_lock(hashtextextended('millwright.quality', 0))")
    if cursor.fetchone() != (True,):
        raise MillwrightError("Another run measures the data's quality.", "Wait for it; it counts the same records.")


def positions(cursor: Cursor, stream: str) -> dict[int, int]:
    """Partition → next offset; ~partition → next number of mended records."""
    cursor.execute("select partition, next_offset from platform.quality_positions where stream = %s", (stream,))
    return {int(partition): int(offset) for partition, offset in cursor.fetchall()}


def machines(cursor: Cursor, contract: Contract) -> Machines:
    """A stream's machines as they were left."""
    cursor.execute(
        "select machine, records, newest_event_time, newest_append_time, last_delay_seconds, gaps"
        " from platform.quality_machines where stream = %s",
        (contract.stream,),
    )
    known = {
        name: Machine(records, _micros(event), _micros(append) // 1000, delay, list(gaps))
        for name, records, event, append, delay, gaps in cursor.fetchall()
    }
    return Machines(contract.key, known)


def new_run(cursor: Cursor, stream: str, files: int, counts: Counts, unmeasured: int = 0) -> int:
    """The id of a commit of counts; rows that it changes carry it."""
    accepted = sum(hour.accepted for hour in counts.hours.values())
    rejected = sum(hour.rejected.total() for hour in counts.hours.values())
    cursor.execute(
        "insert into platform.quality_runs (stream, files, accepted, rejected, unmeasured)"
        " values (%s, %s, %s, %s, %s) returning run_id",
        (stream, files, accepted, rejected, unmeasured),
    )
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def move(cursor: Cursor, stream: str, next_offsets: dict[int, int]) -> None:
    """Move the position."""
    execute_values(
        cursor,
        "insert into platform.quality_positions (stream, partition, next_offset) values %s"
        " on conflict (stream, partition) do update set next_offset = excluded.next_offset",
        [(stream, partition, offset) for partition, offset in next_offsets.items()],
    )


def add(cursor: Cursor, contract: Contract, counts: Counts, found: Machines, run_id: int) -> None:
    """Add counts to the hours' rows, and write the machines that changed."""
    stream, hours = contract.stream, sorted(counts.hours.items())
    channels = {field.name for field in contract.channels}
    if hours:
        fill_hours(cursor, stream, at(hours[-1][0]), run_id)
    summed = ("accepted", "rejected", "mended", "lost", "out_of_order", *DELAY_COLUMNS)
    rows = [
        (stream, at(number), h.accepted, h.rejected.total(), h.mended, h.lost, h.out_of_order, *h.delays.tolist())
        for number, h in hours
    ]
    _add(cursor, "quality_hours", ("stream", "hour"), summed, rows, run_id)
    reasons = [(stream, at(number), r, n) for number, h in hours for r, n in h.rejected.items() if n]
    _add(cursor, "quality_rejected", ("stream", "hour", "reason"), ("records",), reasons)
    fields = [
        (stream, at(number), name, name in channels, h.accepted, nulls)
        for number, h in hours
        for name, nulls in h.nulls.items()
    ]
    _add(cursor, "quality_fields", ("stream", "hour", "field", "is_channel"), ("records", "nulls"), fields)
    events = [(stream, at(number), *delays.tolist()) for number, delays in sorted(counts.event_hours.items())]
    _add(cursor, "quality_event_hours", ("stream", "event_hour"), DELAY_COLUMNS, events)
    _write_machines(cursor, stream, {name: found.known[name] for name in sorted(found.changed)})


def fill_hours(cursor: Cursor, stream: str, until: datetime, run_id: int) -> None:
    """Rows of zeros for the hours behind a stream's last row up to `until`: in an hour without a record none came."""
    cursor.execute(
        "insert into platform.quality_hours (stream, hour, run_id)"
        " select %(stream)s, hour, %(run)s from ("
        "  select max(hour) as last from platform.quality_hours where stream = %(stream)s) as there,"
        " generate_series(there.last + interval '1 hour', %(until)s, interval '1 hour') as hour",
        {"stream": stream, "run": run_id, "until": until},
    )


def add_commits(cursor: Cursor, stream: str, silver_id: str, commits: Iterable[SilverCommit], run_id: int) -> None:
    """Write down the commits of a stream's silver table."""
    rows = [(stream, silver_id, *astuple(commit), run_id) for commit in commits]
    execute_values(cursor, "insert into platform.silver_commits values %s", rows)


def drop_commits(cursor: Cursor, stream: str, run_id: int) -> None:
    """Forget the commits of a stream's silver table; the hours that they were of are new to readers."""
    cursor.execute(
        "update platform.quality_hours set run_id = %s where stream = %s and hour in ("
        "select date_trunc('hour', newest_append_time, 'UTC') from platform.silver_commits where stream = %s)",
        (run_id, stream, stream),
    )
    cursor.execute("delete from platform.silver_commits where stream = %s", (stream,))


def at(hour: int) -> datetime:
    """The beginning of an hour from its number since 1970."""
    return _EPOCH + timedelta(hours=hour)


def _add(
    cursor: Cursor,
    table: str,
    key: tuple[str, ...],
    summed: Iterable[str],
    rows: Sequence[tuple[object, ...]],
    run_id: int | None = None,
) -> None:
    """Insert rows (key, then what is summed up), or add them to those that are there; `run_id` names who did."""
    if not rows:
        return
    columns = [*key, *summed, *(["run_id"] if run_id is not None else [])]
    changes = ["{c} = there.{c} + excluded.{c}" if c != "run_id" else "{c} = excluded.{c}" for c in columns[len(key) :]]
    sums = [sql.SQL(how).format(c=sql.Identifier(c)) for how, c in zip(changes, columns[len(key) :], strict=True)]
    if run_id is not None:
        rows = [(*row, run_id) for row in rows]
    statement = sql.SQL("insert into {} as there ({}) values %s on conflict ({}) do update set {}").format(
        sql.Identifier("platform", table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Identifier(c) for c in key if c != "is_channel"),
        sql.SQL(", ").join(sums),
    )
    execute_values(cursor, statement.as_string(cursor), rows, page_size=1000)


def _write_machines(cursor: Cursor, stream: str, changed: dict[str, Machine]) -> None:
    rows = [
        (
            stream,
            name,
            m.records,
            _EPOCH + timedelta(microseconds=m.newest_event_us),
            _EPOCH + timedelta(milliseconds=m.newest_append_ms),
            m.last_delay_seconds,
            m.gaps,
        )
        for name, m in changed.items()
    ]
    if rows:
        execute_values(
            cursor,
            "insert into platform.quality_machines values %s on conflict (stream, machine) do update set"
            " records = excluded.records, newest_event_time = excluded.newest_event_time,"
            " newest_append_time = excluded.newest_append_time, last_delay_seconds = excluded.last_delay_seconds,"
            " gaps = excluded.gaps",
            rows,
            template="(%s, %s, %s, %s, %s, %s, %s::integer[])",
            page_size=1000,
        )


def _micros(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(microseconds=1)
