"""A small plant for tests, shaped like the public predictive-maintenance sample, and a way into the warehouse."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import psycopg2

from ml.failure.history import History

CHANNELS = ("vibration", "pressure")
BEGIN = pd.Timestamp("2025-01-01T06:00:00Z")


def plant(machines: int = 6, days: int = 40, failures: bool = True, seed: int = 1, channels=CHANNELS) -> History:
    """Hourly readings. Each machine fails every 8 to 13 days: a day before, E1 is logged and vibration rises.

    E2 comes at random and means nothing. A failure is mended at once: a maintenance of its component.
    """
    random = np.random.default_rng(seed)
    hours = pd.date_range(BEGIN, periods=days * 24, freq="h")
    readings, events = [], []
    for machine in range(machines):
        name = f"m{machine}"
        frame = pd.DataFrame({"equipment_id": name, "slot": hours.floor("h"), "time": hours})
        for channel in channels:
            frame[f"{channel}_mean"] = random.normal(40, 2, len(hours))
        at = int(random.integers(3 * 24, 8 * 24))
        while failures and at < len(hours):
            events.append((name, hours[at], "failure", None, "bearing", False))
            events.append((name, hours[at], "maintenance", None, "bearing", False))
            if at >= 24:
                events.append((name, hours[at - 24], "error", "E1", None, False))
            frame.loc[max(at - 24, 0) : at - 1, "vibration_mean"] += 10
            at += int(random.integers(8 * 24, 13 * 24))
        for hour in random.choice(len(hours), days // 5, replace=False):
            events.append((name, hours[hour], "error", "E2", None, False))
        for channel in channels:
            frame[f"{channel}_min"] = frame[f"{channel}_max"] = frame[f"{channel}_mean"]
        readings.append(frame)
    columns = ["equipment_id", "event_time", "kind", "code", "component", "planned"]
    equipment = pd.DataFrame(
        {
            "equipment_id": [f"m{machine}" for machine in range(machines)],
            "valid_from": pd.Timestamp("1990-01-01", tz="UTC"),
            "commissioned_at": [
                pd.Timestamp("2015-01-01", tz="UTC") + pd.Timedelta(days=90 * m) for m in range(machines)
            ],
            "model": [f"model{machine % 2}" for machine in range(machines)],
        }
    )
    known = hours[-1] + pd.Timedelta(days=2)
    return history(pd.concat(readings), pd.DataFrame(events, columns=columns), equipment, known)


def history(
    readings: pd.DataFrame, events: pd.DataFrame, equipment: pd.DataFrame, known_until: pd.Timestamp | None
) -> History:
    """Frames as `ml.failure.read` gives them: sorted, times in microseconds."""
    out = []
    for frame, order in (
        (readings, ["equipment_id", "time"]),
        (events, ["equipment_id", "event_time", "kind", "code", "component"]),
        (equipment, ["equipment_id", "valid_from"]),
    ):
        frame = frame.sort_values(order, kind="stable").reset_index(drop=True)
        for column in frame.columns:
            if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
                frame[column] = frame[column].astype("datetime64[us, UTC]")
        out.append(frame)
    return History(out[0], out[1], out[2], known_until)


def fill(database: str, source: History) -> None:
    """Put a history into the tables that dbt makes, in place of what they hold."""
    readings = source.readings.rename(columns={"slot": "hour", "time": "last_reading_time"})
    _table(database, "intermediate.int_equipment_metrics_hourly", readings)
    # What tells how far the stream of events reaches: a state of a machine that has no readings.
    beyond = pd.DataFrame({"equipment_id": ["elsewhere"], "event_time": [source.known_until], "kind": ["running"]})
    beyond["planned"] = False
    events = pd.concat([source.events, beyond]) if source.known_until is not None else source.events
    _table(database, "marts.fact_equipment_events", events)
    _table(database, "marts.dim_equipment", source.equipment)


def _table(database: str, name: str, frame: pd.DataFrame) -> None:
    types = {np.dtype(np.float64): "double precision", np.dtype(bool): "boolean"}
    kinds = [
        "timestamptz" if isinstance(kind, pd.DatetimeTZDtype) else types.get(kind, "text") for kind in frame.dtypes
    ]
    columns = ", ".join(f"{column} {kind}" for column, kind in zip(frame.columns, kinds, strict=True))
    rows = io.StringIO(frame.to_csv(index=False, header=False))
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(f"create schema if not exists {name.split('.')[0]}")
        cursor.execute(f"drop table if exists {name}")
        cursor.execute(f"create table {name} ({columns})")
        cursor.copy_expert(f"copy {name} from stdin (format csv)", rows)
    connection.close()


def rows(database: str, query: str) -> list[tuple]:
    """What a query gives."""
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        found = cursor.fetchall()
    connection.close()
    return found
