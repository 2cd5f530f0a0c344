"""The queries that dashboards make of the marts, and how long the slowest of them takes."""

from __future__ import annotations

import statistics
import time

from millwright.warehouse import session

_TIMES = 5
_MARTS = """
select relname from pg_class join pg_namespace n on n.oid = relnamespace
where nspname = 'marts' and relkind = 'r' and relname like 'mart\\_%' order by 1"""
# A machine's day on a chart, and the plant's last day by hour.
_CHARTS = {
    "fact_sensor_readings, a machine's last day": (
        "select event_time, temperature, vibration from marts.fact_sensor_readings where equipment_id = %s"
        " and event_time > (select max(last_reading_time) from marts.mart_equipment_health) - interval '24 hours'"
        " order by event_time"
    ),
    "int_equipment_metrics_hourly, a machine's last 30 days": (
        "select hour, temperature_mean from intermediate.int_equipment_metrics_hourly where equipment_id = %s"
        " and hour > (select max(last_reading_time) from marts.mart_equipment_health) - interval '30 days'"
        " order by hour"
    ),
}


def slowest(machine: str = "press-0042") -> tuple[str, float]:
    """The slowest query and its milliseconds (median of five, rows fetched)."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(_MARTS)
        wanted: dict[str, tuple[str, tuple[str, ...]]]
        wanted = {
            f"{name}, 1,000 rows": (f"select * from marts.{name} limit 1000", ()) for (name,) in cursor.fetchall()
        }
        wanted |= {name: (query, (machine,)) for name, query in _CHARTS.items()}
        found = {}
        for name, (query, parameters) in wanted.items():
            taken = []
            for _ in range(_TIMES):
                begun = time.perf_counter()
                cursor.execute(query, parameters)
                cursor.fetchall()
                taken.append((time.perf_counter() - begun) * 1000)
            found[name] = statistics.median(taken)
    return max(found.items(), key=lambda item: item[1])
