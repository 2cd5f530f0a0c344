"""Rows of silver made by hand, for tests that need no Spark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from millwright.contracts import Contract
from spark_jobs.silver_files import silver_schema


def silver_rows(contract: Contract, readings: Sequence[tuple[dt.date, str, float]], **other: Any) -> pa.Table:
    """Sensor readings (date, machine, temperature), a minute after one another from noon of their date."""
    return pa.Table.from_pylist(
        [
            {
                "equipment_id": machine,
                "event_time": dt.datetime.combine(date, dt.time(12), dt.UTC) + dt.timedelta(minutes=i),
                "temperature": temperature,
                "_partition": 0,
                "_offset": i,
                "_append_time": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
                "event_date": date,
                **other,
            }
            for i, (date, machine, temperature) in enumerate(readings)
        ],
        schema=silver_schema(contract),
    )
