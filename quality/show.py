"""`millwright quality` on a screen: a row per stream and hour, and the breaches beneath."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click
from psycopg2.errors import UndefinedTable
from psycopg2.extras import RealDictCursor
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.warehouse import session
from quality.alerts import standing

_WIDE = 110  # columns of a screen
# One row per stream and hour, its rules as columns.
_HOURS = """
select
    stream,
    hour,
    max(records) filter (where rule = 'validation_pass_rate') as records,
    max(value) filter (where rule = 'validation_pass_rate') as valid,
    (array_agg(field order by value - coalesce(usual, 0) desc) filter (where rule = 'null_share' and value > 0))[1]
        as null_field,
    (array_agg(value order by value - coalesce(usual, 0) desc) filter (where rule = 'null_share' and value > 0))[1]
        as null_share,
    max(value) filter (where rule = 'late_share') as late,
    max(value) filter (where rule = 'out_of_order_share') as out_of_order,
    max(value) filter (where rule = 'duplicate_share') as duplicates,
    max(value) filter (where rule = 'volume') as volume,
    max(usual) filter (where rule = 'volume') as usual_volume,
    coalesce(array_agg(rule) filter (where is_breached), '{}') as breaches
from (
    select *, dense_rank() over (partition by stream order by hour desc) as back
    from marts.mart_data_quality
    where %(streams)s::text[] = '{}' or stream = any(%(streams)s)
) as newest
where back <= %(hours)s
group by stream, hour
order by stream, hour desc"""

_FRESHNESS = (
    "select stream, newest_append_time, stale_at, is_judged from marts.mart_data_freshness where machine is null"
)


def show(streams: Sequence[str], hours: int, as_json: bool) -> None:
    """Print the newest hours of these streams (all, if none), and what is in breach."""
    for stream in streams:
        contract(stream)
    found, fresh = _read(list(streams), hours)
    breaches = [alert for alert in standing() if not streams or alert["stream"] in streams]
    if as_json:
        told = {"hours": found, "freshness": list(fresh.values()), "breaches": breaches}
        click.echo(json.dumps(told, default=lambda value: value.isoformat()))
        return
    console = Console(highlight=False)
    if not found:
        console.print("Nothing has been measured yet: `millwright quality run` does it.")
        return
    console.print(_table(found, fresh, wide=console.width >= _WIDE))
    for alert in breaches:
        colour = "red" if alert["severity"] == "critical" else "yellow"
        console.print(f"[{colour}]{alert['severity']}[/]  {escape(alert['message'])}", soft_wrap=True)
    if not breaches:
        console.print("Nothing is in breach.")


def _read(streams: list[str], hours: int) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    try:
        with session() as connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
            cursor.execute(_HOURS, {"streams": streams, "hours": hours})
            found = [dict(row) for row in cursor.fetchall()]
            cursor.execute(_FRESHNESS)
            return found, {row["stream"]: dict(row) for row in cursor.fetchall()}
    except UndefinedTable:
        raise MillwrightError("Nothing has been measured yet.", "Run `millwright quality run`.") from None


def _table(found: list[dict[str, Any]], fresh: dict[str, dict[str, Any]], wide: bool) -> Table:
    """A narrow screen has no room for nulls and the usual volume; where they are in breach, that is told beneath."""
    table = Table(Column("stream", no_wrap=True), Column("hour", no_wrap=True), box=None, padding=(0, 1, 0, 0))
    names = ["records", "valid", "late", "disorder", "doubled", "silent", *(["usual", "nulls"] if wide else [])]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    seen: set[str] = set()
    for row in found:
        stream, marks = row["stream"], set(row["breaches"])
        usual = "" if row["usual_volume"] is None else f"{row['usual_volume']:,.0f}"
        nulls = "" if row["null_share"] is None else f"{row['null_field']} {_share(row['null_share'])}"
        table.add_row(
            "" if stream in seen else stream,
            f"{row['hour']:%d %b %H}h",
            _marked(f"{row['records'] or 0:,}", "volume" in marks or "lost_records" in marks),
            _marked(_share(row["valid"]), "validation_pass_rate" in marks),
            _marked(_share(row["late"]), "late_share" in marks),
            _marked(_share(row["out_of_order"]), "out_of_order_share" in marks),
            _marked(_share(row["duplicates"]), "duplicate_share" in marks),
            "" if stream in seen or stream not in fresh else _newest(fresh[stream]),
            *([usual, _marked(nulls, "null_share" in marks)] if wide else []),
        )
        seen.add(stream)
    return table


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}%"


def _marked(text: str, breached: bool) -> str:
    return f"[red]{text} ![/]" if breached else text


def _newest(fresh: dict[str, Any]) -> str:
    now = datetime.now(UTC)
    stale = bool(fresh["is_judged"]) and fresh["stale_at"] <= now
    return _marked(_ago((now - fresh["newest_append_time"]).total_seconds()), stale)


def _ago(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
