"""What people read: the marts with every kind of row in them, their papers, and what the dashboards are told of."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from millwright.settings import settings
from tests.dbt_transformations.loads import at, load, query

START = at("2026-01-30 08:00")  # 09:00 in Berlin, in the early shift of a Friday


def plant() -> None:
    """A machine that runs from 9 to 11 by its clock, makes something, is inspected, and is down for half an hour."""
    machine = {"equipment_id": "m1", "event_time": START}
    load("equipment_assets", [machine | {"equipment_name": "Press", "equipment_type": "press", "plant_id": "north"}])
    load("sensor_readings", [machine | {"temperature": 50.0}, machine | {"event_time": at("2026-01-30 10:00")}])
    load(
        "equipment_events",
        [
            machine | {"kind": "running"},
            machine | {"event_time": at("2026-01-30 09:00"), "kind": "down", "reason": "jam", "planned": False},
            machine | {"event_time": at("2026-01-30 09:30"), "kind": "running"},
        ],
    )
    made = {"interval_seconds": 7200.0, "product_id": "A100", "ideal_cycle_time": 45.0, "units": 96, "good_units": 72}
    load("production_metrics", [machine | made])
    inspected = {"product_id": "A100", "result": "Reject", "defect_type": "Crack"}
    load("quality_inspections", [machine | {"inspection_id": "i1"} | inspected])


def said() -> None:
    """One word of every kind of model."""
    version = "'{}', 1, 'm1'"
    query(
        "insert into ml.anomalies (model_name, model_version, equipment_id, event_time, channel, data_watermark, score,"
        f" threshold, is_anomaly) values ({version.format('odd')}, %s, 'temperature', %s, 0.9, 0.5, true)",
        (START, START),
    )
    query(
        "insert into ml.forecasts (model_name, model_version, equipment_id, channel, data_watermark, forecast_time,"
        f" value, lower, upper) values ({version.format('next')}, 'temperature', %s, %s, 80, 78, 82)",
        (at("2026-01-30 07:00"), START),
    )
    query(
        "insert into ml.quality_predictions (model_name, model_version, equipment_id, event_time, inspection_id,"
        " data_watermark, defect_probability, threshold, predicted)"
        f" values ({version.format('good')}, %s, 'i1', %s, 0.7, 0.5, true)",
        (START, START),
    )
    query("insert into ml.promotions (model_name, to_version, promoted, reason) values ('good', 1, true, 'first')")


def test_every_mart_shows_what_it_is_told_and_its_papers_are_whole(dbt, tmp_path):
    plant()
    said()
    dbt("build", "--exclude-resource-type", "unit_test")

    # Known from 9 to 11: 2 h, of which it ran 1.5; 96 units at 45 s are 4,320 s of 5,400; 72 of 96 are good.
    kpis = "observed_seconds, availability, performance, quality, oee, top_downtime_reason"
    [row] = query(f"select shift, {kpis} from marts.mart_production_kpis")
    assert row == ("early", 7200, 0.75, 0.8, 0.75, 0.75 * 0.8 * 0.75, "jam")
    assert query("select reason, seconds from marts.mart_downtime_reasons") == [("jam", 1800)]
    assert query("select inspected, first_pass_yield from marts.mart_quality_dashboard") == [(1, 0)]
    assert query("select plant_id, defect_type, share from marts.mart_quality_pareto where plant_id is not null") == [
        ("north", "Crack", 1)
    ]
    assert query("select channel, score, equipment_name from marts.mart_anomalies") == [("temperature", 0.9, "Press")]
    assert query("select value, warning_high, crosses from marts.mart_forecasts") == [(80, 77, "warning")]
    assert query("select actual_result, was_right from marts.mart_quality_predictions") == [("Reject", True)]
    assert query(
        "select kind, judged, is_champion, mean_absolute_error from marts.mart_model_performance order by 1"
    ) == [("forecast", 1, False, 30), ("quality", 1, True, None)]

    told = dbt("source", "freshness")
    assert told["sensor_readings"].startswith("pass")
    dbt("docs", "generate")
    _every_column_is_described(tmp_path / "target")


def _every_column_is_described(target: Path) -> None:
    manifest, catalog = (json.loads((target / f"{name}.json").read_text()) for name in ("manifest", "catalog"))
    missing = [
        f"{name}.{column}"
        for name, built in catalog["nodes"].items()
        for column in built["columns"]
        if not manifest["nodes"][name]["columns"].get(column, {}).get("description")
    ]
    assert missing == []
    assert [
        n for n, node in manifest["nodes"].items() if node["resource_type"] == "model" and not node["description"]
    ] == []


def test_every_mart_holds_to_its_columns_but_those_that_follow_the_channels():
    folder = settings().dbt_dir / "models" / "marts"
    models = [m for path in folder.glob("*.yml") for m in yaml.safe_load(path.read_text()).get("models", [])]
    loose = {m["name"] for m in models if not m.get("config", {}).get("contract", {}).get("enforced")}
    assert loose == {"mart_equipment_health", "fact_sensor_readings"}
