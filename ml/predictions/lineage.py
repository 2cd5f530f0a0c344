"""The rows behind a prediction: readings and events in schema `raw`, and the lake's files that hold them."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from millwright.contracts import Contract, contract
from millwright.lake import Link, links
from millwright.store import lake_store

READINGS, EVENTS, INSPECTIONS = "equipment-sensors", "equipment-status", "quality-metrics"
EVENTS_SHOWN = 20

# A row that reached Kafka after the prediction was made, it cannot have known.
_ROWS = """
select _partition, _append_time > %(said_at)s as later, count(*), min({time}), max({time}), min(_offset), max(_offset)
from raw.{table}
where {key} = %(machine)s and {time} > %(since)s and {time} <= %(until)s {only}
group by 1, 2 order by 1, 2"""
_BY_FILE = """
select width_bucket(_offset, %(starts)s::bigint[]), count(*), min(_offset), max(_offset)
from raw.{table}
where {key} = %(machine)s and {time} > %(since)s and {time} <= %(until)s and _append_time <= %(said_at)s
    and _partition = %(partition)s {only}
group by 1 order by 1"""
_EVENTS = """
select event_time, kind, code, component, _partition, _offset
from raw.equipment_events
where equipment_id = %(machine)s and event_time <= %(until)s and _append_time <= %(said_at)s
    and kind in ('error', 'maintenance', 'failure')
    and (
        event_time > %(since)s
        or (kind, coalesce(component, ''), event_time) in (
            select kind, coalesce(component, ''), max(event_time) from raw.equipment_events
            where equipment_id = %(machine)s and event_time <= %(until)s and _append_time <= %(said_at)s
                and kind = 'maintenance'
            group by 1, 2
        )
    )
order by event_time desc, kind limit %(limit)s"""


@dataclass(frozen=True)
class Wanted:
    """Rows of one machine with event times in (since, until] that had come when the prediction was made."""

    machine: str
    since: dt.datetime
    until: dt.datetime
    said_at: dt.datetime
    inspection: str | None = None  # of inspections only this one


def behind(cursor: Any, stream: str, wanted: Wanted) -> dict[str, Any]:
    """What `raw` and the lake hold of a stream: rows, first, last, came_later, files. Reads folders, opens no file."""
    of = contract(stream)
    only = "and inspection_id is not distinct from %(inspection)s" if stream == INSPECTIONS else ""
    names = {"table": of.table, "key": of.key, "time": of.event_time, "only": only}
    cursor.execute(_ROWS.format(**names), vars(wanted))
    known, later = [], 0
    for partition, is_later, rows, first, last, low, high in cursor.fetchall():
        if is_later:
            later += rows
        else:
            known.append((partition, rows, first, last, low, high))
    files = [found for partition, *_ in known for found in _files(cursor, of, names, wanted, partition)]
    return {
        "stream": stream,
        "table": f"raw.{of.table}",
        "since": wanted.since,
        "until": wanted.until,
        "rows": sum(rows for _, rows, *_ in known),
        "first": min((first for _, _, first, *_ in known), default=None),
        "last": max((last for _, _, _, last, *_ in known), default=None),
        "came_later": later,
        "files": files,
    }


def events(cursor: Any, wanted: Wanted) -> list[dict[str, Any]]:
    """Errors, maintenance and failures within the window, and each component's last maintenance; the newest first."""
    cursor.execute(_EVENTS, {**vars(wanted), "limit": EVENTS_SHOWN})
    names = ("time", "kind", "code", "component", "partition", "offset")
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _files(cursor: Any, of: Contract, names: Mapping[str, str], wanted: Wanted, partition: int) -> list[dict[str, Any]]:
    chain = links(lake_store(), of.topic, partition)
    starts = [link.start for link in chain]
    if not starts:
        return []
    cursor.execute(_BY_FILE.format(**names), {**vars(wanted), "starts": starts, "partition": partition})
    return [
        {
            "file": file_of(chain, first),
            "partition": partition,
            "rows": rows,
            "first_offset": first,
            "last_offset": last,
        }
        for _, rows, first, last in cursor.fetchall()
    ]


def file_of(chain: Sequence[Link], offset: int) -> str | None:
    """The link whose range holds an offset: the last that begins at or before it. None: retention has dropped it."""
    place = bisect_right([link.start for link in chain], offset)
    return chain[place - 1].key if place else None
