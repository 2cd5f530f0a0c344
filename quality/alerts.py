"""Breaches to the topic equipment-alerts: written down first, then sent, so that a run that is killed repeats them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import Json

from millwright.failpoints import failpoint
from millwright.publisher import publish
from millwright.warehouse import session
from quality import ledger
from quality.findings import findings
from quality.judge import About, Told, decide

STREAM = "equipment-alerts"


def raise_alerts(now: datetime | None = None) -> list[dict[str, Any]]:
    """Raise the breaches that the marts show and nobody was told of, clear those that are over; what was sent.

    Run again, it sends nothing. Raises Unavailable without warehouse or broker; what was decided is sent by the next
    run then, with the same ids and times.
    """
    with session() as connection, connection.cursor() as cursor:
        ledger.lock(cursor)
        _write(cursor, now or datetime.now(UTC))
    failpoint("quality.before_send")
    return _send()


def standing() -> list[dict[str, Any]]:
    """The breaches that are raised now, as rows of equipment-alerts and with their stream, the newest first."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select alert, about[1] from platform.quality_alerts as raised where state = 'raised' and not exists ("
            "select from platform.quality_alerts as over where over.alert_id = raised.alert_id"
            " and over.state = 'cleared') order by number desc"
        )
        return [alert | {"stream": stream} for alert, stream in cursor.fetchall()]


def _write(cursor: Cursor, now: datetime) -> None:
    last, ids = _told(cursor)
    for about, found in sorted(findings(cursor, now).items()):
        for decided in decide(about, found, last.get(about), ids):
            cursor.execute(
                'insert into platform.quality_alerts (alert_id, state, about, "window", alert)'
                " values (%s, %s, %s, %s, %s) on conflict do nothing",
                (decided.alert["alert_id"], decided.alert["state"], list(about), decided.time, Json(decided.alert)),
            )


def _told(cursor: Cursor) -> tuple[dict[About, Told], set[str]]:
    """The last that was decided of each rule, and the ids of the last weeks: older ones cannot come again."""
    cursor.execute(
        "select distinct on (about) about, alert_id, state, alert ->> 'severity', \"window\","
        " (alert ->> 'event_time')::bigint"
        " from platform.quality_alerts order by about, number desc"
    )
    last = {(about[0], about[1], about[2]): Told(*rest) for about, *rest in cursor.fetchall()}
    cursor.execute("select alert_id from platform.quality_alerts where decided_at > now() - interval '28 days'")
    return last, {name for (name,) in cursor.fetchall()}


def _send() -> list[dict[str, Any]]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select number, alert from platform.quality_alerts where sent_at is null order by number")
        waiting = cursor.fetchall()
    if not waiting:
        return []
    alerts = [alert for _, alert in waiting]
    publish(STREAM, alerts)
    failpoint("quality.after_send")
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "update platform.quality_alerts set sent_at = now() where number = any(%s)", ([n for n, _ in waiting],)
        )
    return alerts
