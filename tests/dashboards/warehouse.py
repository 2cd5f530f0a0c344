"""A warehouse as the demo leaves it, smaller: a simulated plant, what models said, and what the platform counted."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict

import pyarrow as pa
from psycopg2.extras import Json, execute_values

from millwright.contracts import contract
from millwright.warehouse import session
from streaming.simulate.plant import plant
from streaming.simulate.records import history
from tests.dbt_transformations.loads import load_records

END = dt.datetime(2026, 4, 6, tzinfo=dt.UTC)
DAYS = 28
CHANNELS = ("temperature", "vibration", "pressure", "rotation", "voltage", "current")


def fill(machines: int = 6) -> None:
    """Rows in schemas raw, ml and platform; dbt has still to run."""
    made = plant(machines, DAYS, 2, END)
    parts = defaultdict(list)
    for stream, table in history(made, dt.timedelta(hours=1)):
        parts[stream].append(table)
    for stream, tables in parts.items():
        load_records(contract(stream).table, pa.concat_tables(tables))
    draw = random.Random(5)
    names = [f"M{number:04}" for number in range(1, machines + 1)]
    _alerts(names)
    _predictions(names, pa.concat_tables(parts["equipment-status"]).to_pylist(), draw)
    _anomalies(names, draw)
    _forecasts(names, draw)
    _quality(pa.concat_tables(parts["quality-metrics"]).to_pylist(), draw)
    _promotions()
    _platform(names, draw)


def _insert(table: str, columns: str, rows: list[tuple[object, ...]]) -> None:
    with session() as connection, connection.cursor() as cursor:
        execute_values(cursor, f"insert into {table} ({columns}) values %s", rows, page_size=2000)


def _alerts(names: list[str]) -> None:
    hours = [END - dt.timedelta(hours=h) for h in (5, 4, 3)]
    alert = {"threshold": 7.0, "message": None}
    rows = [
        alert
        | {
            "equipment_id": names[i % len(names)],
            "event_time": hours[i % 3],
            "alert_id": f"a{i}",
            "rule": "limit_high",
            "severity": "critical" if i % 3 == 0 else "warning",
            "state": "raised",
            "channel": CHANNELS[i % 6],
            "value": 9.0,
        }
        for i in range(9)
    ]
    stream = contract("equipment-alerts")
    schema = pa.schema(
        [(f.name, pa.timestamp("us", "UTC") if f.name == "event_time" else pa.string()) for f in stream.fields]
    )
    schema = pa.schema([pa.field(f.name, pa.float64()) if f.name in ("value", "threshold") else f for f in schema])
    load_records(stream.table, pa.Table.from_pylist(rows, schema))


_FACTORS = [
    {"feature": "vibration_mean_24h", "label": "vibration, mean of 24 h (mm/s)", "value": 4.2, "contribution": 1.4},
    {"feature": "temperature_max_24h", "label": "temperature, maximum of 24 h (°C)", "value": 71, "contribution": 0.6},
    {"feature": "voltage_std_3h", "label": "voltage, deviation in 3 h (V)", "value": 2, "contribution": -0.4},
]


def _predictions(names: list[str], status: list[dict[str, object]], draw: random.Random) -> None:
    """Every six hours: the nearer a failure the surer, but that some take the model by surprise; the third is next."""
    failures = {
        name: [e["event_time"] for e in status if (e["equipment_id"], e["kind"]) == (name, "failure")] for name in names
    }
    surprising = {(name, at) for name in names for at in failures[name] if draw.random() < 0.25}
    rows: list[tuple[object, ...]] = []
    for m, name in enumerate(names):
        for step in range(4 * 27):
            at = END - dt.timedelta(hours=1 + 6 * step)
            probability = min(0.9, draw.betavariate(1, 14))
            soon = [f for f in failures[name] if at < f <= at + dt.timedelta(hours=24) and (name, f) not in surprising]
            if soon:
                probability = 0.45 + 0.5 * (1 - (min(soon) - at) / dt.timedelta(hours=24))
            if m == 2 and step < 5:
                probability = 0.91 - 0.15 * step
            rows.append(("failure", 3, name, at, 24, probability, 0.31, probability >= 0.31, Json(_FACTORS)))
    columns = "model_name, model_version, equipment_id, data_watermark, horizon_hours, probability"
    columns += ", threshold, predicted, factors"
    _insert("ml.predictions", columns, rows)


def _anomalies(names: list[str], draw: random.Random) -> None:
    rows: list[tuple[object, ...]] = []
    for name in names:
        for moment in sorted({draw.randrange(1, 24 * 25) for _ in range(25)}):
            at = END - dt.timedelta(hours=moment)
            channel = draw.choice((*CHANNELS, None))
            rows.append(("anomaly", 2, name, at, channel, END, 9.1, 4.0, draw.uniform(0.5, 1), 0.5, True))
        rows.append(("anomaly", 2, name, END - dt.timedelta(hours=2), "vibration", END, 3.9, 4.0, 0.1, 0.5, False))
    columns = "model_name, model_version, equipment_id, event_time, channel, data_watermark, value"
    columns += ", expected, score, threshold, is_anomaly"
    _insert("ml.anomalies", columns, list({(r[2], r[3], r[4]): r for r in rows}.values()))


def _forecasts(names: list[str], draw: random.Random) -> None:
    rows: list[tuple[object, ...]] = []
    for name in names:
        for back in (25, 1):
            made = END - dt.timedelta(hours=back)
            for hour in range(1, 73):
                value = 2.5 + hour / 30 + draw.uniform(-0.2, 0.2)
                at = made + dt.timedelta(hours=hour)
                rows.append(("forecast", 1, name, "vibration", made, at, value, value - 0.5, value + 0.5))
    columns = "model_name, model_version, equipment_id, channel, data_watermark, forecast_time, value, lower, upper"
    _insert("ml.forecasts", columns, rows)


def _quality(inspections: list[dict[str, object]], draw: random.Random) -> None:
    rows: list[tuple[object, ...]] = []
    for each in inspections[-400:]:
        probability = draw.betavariate(1, 6) if each["result"] == "Good" else draw.betavariate(5, 3)
        about = (each["equipment_id"], each["event_time"], each["inspection_id"], each["product_id"], END)
        rows.append(
            ("quality", 1, *about, probability, 0.5, probability >= 0.5, "Crack" if probability >= 0.5 else None)
        )
    columns = (
        "model_name, model_version, equipment_id, event_time, inspection_id, product_id, data_watermark,"
        " defect_probability, threshold, predicted, defect_type"
    )
    _insert("ml.quality_predictions", columns, rows)


def _promotions() -> None:
    at = dt.datetime.now(dt.UTC)
    rows: list[tuple[object, ...]] = [
        ("failure", None, 1, at - dt.timedelta(days=20), True, "first version"),
        ("failure", 1, 2, at - dt.timedelta(days=9), False, "average precision 0.61 is below the champion's 0.66"),
        ("failure", 1, 3, at - dt.timedelta(days=2), True, "average precision 0.71 beats the champion's 0.66"),
        ("quality", None, 1, at - dt.timedelta(days=1), True, "first version"),
    ]
    _insert("ml.promotions", "model_name, from_version, to_version, decided_at, promoted, reason", rows)


def _platform(names: list[str], draw: random.Random) -> None:
    now = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0)
    streams = ("equipment-sensors", "equipment-status", "quality-metrics", "production-metrics")
    columns = "stream, files, accepted, rejected, measured_at"
    runs = [(stream, 3, 900, 4, now - dt.timedelta(hours=h)) for h in range(72) for stream in streams]
    _insert("platform.quality_runs", columns, runs)
    hours = [
        (stream, now - dt.timedelta(hours=h), draw.randrange(800, 1000), draw.randrange(0, 12), 950, 1)
        for h in range(72)
        for stream in streams
    ]
    _insert("platform.quality_hours", "stream, hour, accepted, rejected, delay_1m, run_id", hours)
    reasons = ("undecodable", "outside valid range", "required field missing")
    rejected = [
        (streams[0], now - dt.timedelta(hours=h), reason, draw.randrange(1, 9)) for h in range(24) for reason in reasons
    ]
    _insert("platform.quality_rejected", "stream, hour, reason, records", rejected)
    came = dt.datetime.now(dt.UTC)
    machines = [(stream, name, 900, END, came, 5.0, [60] * 12) for stream in streams for name in names]
    _insert(
        "platform.quality_machines",
        "stream, machine, records, newest_event_time, newest_append_time, last_delay_seconds, gaps",
        machines,
    )
    _insert("platform.quality_lag", "stream, lag_records, asked_at", [(stream, 12, now) for stream in streams])
