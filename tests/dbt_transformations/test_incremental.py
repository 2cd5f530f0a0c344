"""Whatever the loads bring, in whatever order, and whichever runs fail: the models are those of one full refresh."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import pytest

from millwright.contracts import contracts
from millwright.retention import expire
from tests.dbt_transformations.loads import at, contents, load, query

MACHINES = ("m1", "m2", "m3")
START = at("2026-03-27 00:00")  # Berlin's clock goes forward on the 29th, Chicago's has gone
TABLES = (
    "equipment_assets",
    "sensor_readings",
    "equipment_events",
    "equipment_alerts",
    "quality_inspections",
    "production_metrics",
)
UNIQUE = {c.table: c.unique for c in contracts().values()}


class Plant:
    """Makes loads at random: new, late, corrected and deleted rows of all streams, over twelve days."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.there: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {table: {} for table in TABLES}

    def load(self, table: str, count: int) -> None:
        rows = [self._row(table) for _ in range(count)]
        known = list(self.there[table].values())
        if known:
            again = self.random.sample(known, min(len(known), count // 4))
            rows += [self._row(table) | {k: row.get(k) for k in UNIQUE[table]} for row in again]
            rows += self.random.sample(known, min(len(known), count // 8))  # sent again as they were
        by_key = {self._key(table, row): row for row in rows}
        share = self.random.choice([0, 0, 0.05])  # most loads delete nothing
        gone = [row for row in known if self._key(table, row) not in by_key and self.random.random() < share]
        self.there[table] |= by_key
        for row in gone:
            del self.there[table][self._key(table, row)]
        load(table, by_key.values(), gone)

    def _key(self, table: str, row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(row.get(k) for k in UNIQUE[table])

    def _row(self, table: str) -> dict[str, Any]:
        r = self.random
        row: dict[str, Any] = {"equipment_id": r.choice(MACHINES)}
        if table == "equipment_assets":
            return row | {
                "event_time": START + dt.timedelta(hours=r.randint(0, 12 * 24)),
                "equipment_name": f"n{r.random():.3f}",
                "equipment_type": "press",
                "plant_id": r.choice(["north", "lakes", "nowhere", "elsewhere"]),
            }
        row["event_time"] = START + dt.timedelta(minutes=10 * r.randint(0, 12 * 144))
        return row | getattr(self, f"_{table}")(r)

    def _sensor_readings(self, r: random.Random) -> dict[str, Any]:
        outlier = r.choice([None, None, "vibration"])
        vibration = r.choice([None, r.random()])
        return {"temperature": r.gauss(50, 5), "vibration": vibration, "outlier_channels": outlier}

    def _equipment_alerts(self, r: random.Random) -> dict[str, Any]:
        state = r.choice(["raised", "cleared"])
        return {"alert_id": r.choice("abc"), "state": state, "rule": "limit_high", "severity": "warning"}

    def _equipment_events(self, r: random.Random) -> dict[str, Any]:
        kind = r.choice(["failure", "failure", "maintenance", "error", "down", "running", "idle", "setup"])
        component = "bearing" if kind in ("failure", "maintenance") else None
        planned, reason = r.choice([None, True, False]), r.choice([None, "jam", "service"])
        return {"kind": kind, "component": component, "planned": planned, "reason": reason}

    def _quality_inspections(self, r: random.Random) -> dict[str, Any]:
        result = r.choice(["Good", "Good", "Minor Defect", "Reject"])
        defect = None if result == "Good" else r.choice(["Burr", "Crack", None])
        return {"inspection_id": r.choice("xyz"), "product_id": r.choice("AB"), "result": result, "defect_type": defect}

    def _production_metrics(self, r: random.Random) -> dict[str, Any]:
        units = r.randint(0, 100)
        seconds, ideal = r.choice([600.0, 3600.0, 86400.0]), r.uniform(1, 30)
        product = r.choice("AB")
        return {"interval_seconds": seconds, "product_id": product, "ideal_cycle_time": ideal} | {
            "units": units,
            "good_units": r.randint(0, units),
        }


SELECTIONS = (
    [],
    [],
    ["--select", "fact_sensor_readings"],
    ["--select", "int_failure_labels"],
    ["--select", "dim_equipment"],
    ["--select", "int_equipment_watch", "int_equipment_states"],
    ["--select", "fact_equipment_events", "mart_production_kpis", "mart_quality_dashboard"],
    ["--select", "int_downtime_by_shift+"],
    ["--full-refresh", "--select", "int_production_by_shift"],
)


@pytest.mark.parametrize("seed", [1, 2])
def test_any_sequence_of_loads_gives_what_one_full_refresh_gives(dbt, seed):
    plant = Plant(seed)
    plant.load("sensor_readings", 300)
    dbt("run")
    for _ in range(4):
        for table in plant.random.sample(TABLES, plant.random.randint(1, 4)):
            plant.load(table, {"sensor_readings": 60, "equipment_assets": 3}.get(table, 12))
        dbt("run", *plant.random.choice(SELECTIONS))
    dbt("run")
    incremental = contents()
    dbt("run", "--full-refresh")
    refreshed = contents()
    assert len(incremental["fact_sensor_readings"]) == len(plant.there["sensor_readings"])
    assert len(incremental["fact_production_metrics"]) == len(plant.there["production_metrics"])
    for model, rows in refreshed.items():
        assert incremental[model] == rows, model


READING = {"equipment_id": "m1", "event_time": START, "temperature": 20.0}


def test_a_run_that_fails_leaves_its_loads_for_the_next(dbt):
    load("sensor_readings", [READING])
    dbt("run")
    load("sensor_readings", [READING | {"event_time": START + dt.timedelta(hours=5)}])
    query("alter table marts.fact_sensor_readings add constraint never check (event_time < '2026-03-27 03:00+00')")
    told = dbt("run", fails=True)
    assert told["fact_sensor_readings"].startswith("error")
    query("alter table marts.fact_sensor_readings drop constraint never")
    load("sensor_readings", [READING | {"event_time": START + dt.timedelta(hours=6)}])
    dbt("run")
    assert query("select count(*) from marts.fact_sensor_readings") == [(3,)]
    assert query("select count(*) from intermediate.int_equipment_metrics_hourly") == [(3,)]


def test_a_load_that_the_model_before_has_not_seen_is_not_marked_as_taken_up(dbt):
    load("sensor_readings", [READING])
    dbt("run")
    load("sensor_readings", [READING | {"equipment_id": "new"}])
    dbt("run", "--select", "fact_sensor_readings", "int_failure_labels")
    dbt("run")
    assert query("select count(*) from marts.fact_sensor_readings") == [(2,)]
    assert query("select count(*) from intermediate.int_failure_labels") == [(2,)]


def test_a_second_run_writes_nothing(dbt):
    load("sensor_readings", [READING])
    load("equipment_events", [{"equipment_id": "m1", "event_time": START, "kind": "failure", "component": "motor"}])
    dbt("run")
    told = dbt("run")
    for model in (
        "int_equipment_metrics_hourly",
        "int_failure_labels",
        "fact_sensor_readings",
        "fact_equipment_events",
    ):
        assert told[model] == "success: INSERT 0 0"


def test_a_label_becomes_known_when_the_days_after_it_are_in(dbt):
    labels = "select failure_within_24_hours, failure_within_7_days from intermediate.int_failure_labels order by hour"
    load("sensor_readings", [READING])
    dbt("run")
    assert query(labels) == [(None, None)]
    load("sensor_readings", [READING | {"event_time": START + dt.timedelta(hours=24)}])
    dbt("run")
    assert query(labels) == [(False, None), (None, None)]
    late_failure = {"equipment_id": "m1", "event_time": START + dt.timedelta(hours=25), "kind": "failure"}
    load("equipment_events", [late_failure])
    dbt("run")
    assert query(labels) == [(False, True), (True, True)]


def test_what_retention_drops_is_gone_from_the_models_as_if_it_had_never_been(dbt):
    plant = Plant(4)
    for table in TABLES:
        plant.load(table, 200)
    dbt("run")
    for table in ("sensor_readings", "equipment_events", "production_metrics"):
        assert expire(table, dt.date(2026, 4, 1)).rows
    dbt("run")
    incremental = contents()
    assert min(query("select event_time from marts.fact_sensor_readings"))[0].month == 4
    dbt("run", "--full-refresh")
    for model, rows in contents().items():
        assert incremental[model] == rows, model
