from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from millwright import tables
from millwright.contracts import contract, contracts
from millwright.errors import MillwrightError
from millwright.warehouse import session
from tests.contract_change import changed_contract

COLUMNS = """
select table_schema, table_name, column_name, data_type, is_nullable from information_schema.columns
where table_schema in ('raw', 'ml', 'platform') order by 1, 2, ordinal_position"""
READING = (
    "insert into raw.sensor_readings (equipment_id, event_time, _partition, _offset, _append_time, _load_id)"
    " values ('M-1', '2015-06-30 23:59:59+00', 0, %s, now(), 1)"
)
EVENT = (
    "insert into raw.equipment_events (equipment_id, event_time, kind, _partition, _offset, _append_time, _load_id)"
    " values ('M-1', '2015-06-30 12:00+00', 'running', 0, 1, now(), 1)"
)


def query(statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.usefixtures("fresh_database")
def test_migrating_again_changes_nothing():
    before = query(COLUMNS)
    tables.migrate()
    assert query(COLUMNS) == before
    assert {(schema, name) for schema, name, *_ in before} >= {
        *(("raw", c.table) for c in contracts().values()),
        ("ml", "predictions"),
        ("ml", "promotions"),
        ("platform", "loads"),
    }


@pytest.mark.usefixtures("fresh_database")
def test_several_may_migrate_an_empty_warehouse_at_once():
    before = query(COLUMNS)
    query("drop schema raw, ml, platform cascade")
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(tables.migrate) for _ in range(4)]:
            done.result()
    assert query(COLUMNS) == before


def test_a_raw_table_has_the_contracts_fields_and_the_lineage():
    assert tables.raw_columns(contract("production-metrics")) == {
        "equipment_id": "text",
        "event_time": "timestamptz",
        "interval_seconds": "double precision",
        "product_id": "text",
        "ideal_cycle_time": "double precision",
        "units": "bigint",
        "good_units": "bigint",
        "_partition": "integer",
        "_offset": "bigint",
        "_append_time": "timestamptz",
        "_load_id": "bigint",
    }
    assert "outlier_channels" in tables.raw_columns(contract("equipment-sensors"))


@pytest.mark.usefixtures("fresh_database")
def test_a_new_field_becomes_a_column_that_is_null_in_old_rows():
    tables.ensure_partitions("sensor_readings", [dt.date(2015, 6, 1)])
    query(READING, (1,))
    humidity = {"name": "humidity", "type": ["null", "double"], "default": None, "channel": True}
    with changed_contract("equipment-sensors", lambda avro: avro["fields"].append(humidity)):
        tables.migrate()
    assert query("select humidity, _offset from raw.sensor_readings") == [(None, 1)]


@pytest.mark.usefixtures("fresh_database")
def test_a_field_that_changed_its_type_is_refused_by_name():
    def to_text(avro):
        next(f for f in avro["fields"] if f["name"] == "units")["type"] = "string"

    said = r"raw\.production_metrics\.units is bigint .* and text in the contract"
    with changed_contract("production-metrics", to_text), pytest.raises(MillwrightError, match=said):
        tables.migrate()


@pytest.mark.usefixtures("fresh_database")
def test_a_month_ten_years_ago_gets_its_partition_on_demand():
    with pytest.raises(psycopg2.Error, match="no partition"):
        query(READING, (1,))
    days = [dt.date(2015, 6, 30), dt.date(2015, 6, 1), dt.date(2015, 12, 31)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: tables.ensure_partitions("sensor_readings", days), range(3)))
    query(READING, (1,))
    assert query("select tableoid::regclass::text from raw.sensor_readings") == [("raw.sensor_readings_2015_06",)]
    assert query("select count(*) from pg_inherits where inhparent = 'raw.sensor_readings'::regclass") == [(2,)]


@pytest.mark.usefixtures("fresh_database")
def test_unique_holds_where_a_field_of_it_is_null():
    tables.ensure_partitions("equipment_events", [dt.date(2015, 6, 30)])
    query(EVENT)
    with pytest.raises(psycopg2.errors.UniqueViolation):
        query(EVENT)


@pytest.mark.usefixtures("fresh_database")
def test_one_prediction_per_model_version_machine_and_watermark():
    statement = (
        "insert into ml.predictions (model_name, model_version, equipment_id, data_watermark, horizon_hours,"
        " probability, threshold, predicted) values ('failure', 1, 'M-1', '2025-01-01', 24, .9, .5, true)"
        " on conflict do nothing"
    )
    query(statement)
    query(statement)
    assert query("select count(*) from ml.predictions") == [(1,)]
