"""Loads of raw tables as the loader makes them: rows replaced by `unique`, deletions included, one transaction each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
from psycopg2 import sql
from psycopg2.extras import execute_values

from millwright import tables
from millwright.contracts import contracts
from millwright.warehouse import session

MODELS = {
    "int_equipment_metrics_hourly": "intermediate",
    "int_failure_labels": "intermediate",
    "int_latest_readings": "intermediate",
    "int_equipment_reliability": "intermediate",
    "int_equipment_watch": "intermediate",
    "int_equipment_states": "intermediate",
    "int_alert_states": "intermediate",
    "int_downtime_by_shift": "intermediate",
    "int_production_by_shift": "intermediate",
    "int_quality_aggregates": "intermediate",
    "dim_equipment": "marts",
    "fact_sensor_readings": "marts",
    "fact_equipment_events": "marts",
    "fact_quality_inspections": "marts",
    "fact_production_metrics": "marts",
    "mart_equipment_health": "marts",
    "mart_predictive_maintenance": "marts",
    "mart_production_kpis": "marts",
    "mart_downtime_reasons": "marts",
    "mart_quality_dashboard": "marts",
    "mart_quality_defects": "marts",
    "mart_quality_pareto": "marts",
}


def at(text: str) -> dt.datetime:
    """2026-01-01 10:00, in UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def load(table: str, rows: Iterable[Mapping[str, Any]] = (), deleted: Iterable[Mapping[str, Any]] = ()) -> None:
    """One load: `rows` come or replace what has their `unique`; `deleted` (their `unique`) go."""
    contract = next(c for c in contracts().values() if c.table == table)
    names = [f.name for f in contract.fields] + (["outlier_channels"] if contract.channels else [])
    wanted = [{name: row.get(name) for name in names} for row in rows]
    tables.ensure_partitions(table, {row["event_time"].date() for row in wanted})
    target = sql.Identifier("raw", table)
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into platform.loads (table_name, silver_version, silver_id, columns, rows_deleted)"
            " values (%s, 0, 'test', '{}', %s) returning load_id",
            (table, len(list(deleted))),
        )
        (load_id,) = cursor.fetchone() or (0,)
        same = sql.SQL(" and ").join(
            sql.SQL("{} is not distinct from %s").format(sql.Identifier(u)) for u in contract.unique
        )
        for row in (*wanted, *deleted):
            cursor.execute(
                sql.SQL("delete from {} where {}").format(target, same), [row.get(name) for name in contract.unique]
            )
        columns = [*names, "_partition", "_offset", "_append_time", "_load_id"]
        statement = sql.SQL("insert into {} ({}) values %s").format(
            target, sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        values = [(*row.values(), 0, number, row["event_time"], load_id) for number, row in enumerate(wanted)]
        if values:
            execute_values(cursor, statement.as_string(cursor), values)


def load_records(table: str, records: pa.Table) -> None:
    """One load of records that are not there yet, in the contract's columns: fast."""
    rows = records.to_pylist()
    tables.ensure_partitions(table, {row["event_time"].date() for row in rows})
    columns = sql.SQL(", ").join(map(sql.Identifier, records.column_names))
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into platform.loads (table_name, silver_version, silver_id, columns)"
            " values (%s, 0, 'test', '{}') returning load_id",
            (table,),
        )
        (load_id,) = cursor.fetchone() or (0,)
        lineage = sql.SQL("_partition, _offset, _append_time, _load_id")
        statement = sql.SQL("insert into {} ({}, {}) values %s").format(sql.Identifier("raw", table), columns, lineage)
        values = [(*row.values(), 0, number, row["event_time"], load_id) for number, row in enumerate(rows)]
        execute_values(cursor, statement.as_string(cursor), values, page_size=5000)


def contents(models: Iterable[str] = MODELS) -> dict[str, list[str]]:
    """The rows of each model as text, sorted: equal only if every bit is. The first of each list names the columns."""
    with session() as connection, connection.cursor() as cursor:
        found = {}
        for model in models:
            cursor.execute(f"select t::text from {MODELS[model]}.{model} as t order by 1")
            found[model] = [row for (row,) in cursor.fetchall()]
        return found


def query(statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """The rows of a statement; committed."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
