"""Each row of the table in docs/late-data.md: where a record goes whose clocks do not agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from millwright import bronze
from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.lake import list_bronze
from millwright.publisher import Publisher
from millwright.registry import Registry
from millwright.settings import settings
from millwright.store import lake_store
from millwright.wire import encode, header
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema
from streaming.sink import places
from streaming.sink.once import land
from streaming.sink.outcomes import outcomes
from tests.streaming.sink.test_protocol import NOW_MS, SPEC, TOPIC, Failpoint, World

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def in_bronze(topic: str) -> list[dict[str, Any]]:
    return [row for file in list_bronze(topic) for row in bronze.read(lake_store().read(file.key) or b"")]


def in_silver(stream: str) -> list[dict[str, Any]]:
    spec = contract(stream)
    silver = Silver.open(spec)
    rows = silver.read(silver.files(), silver_schema(spec)).read_all()
    return list(rows.sort_by([("event_time", "ascending")]).to_pylist())


def test_late_early_and_doubled_readings_go_where_the_table_says(line):
    now = datetime.now(UTC).replace(microsecond=0)
    rows = {
        "on time": (now, 1.0),
        "days late": (now - 30 * DAY, 2.0),
        "out of order, newer": (now - HOUR, 3.0),
        "out of order, older": (now - 2 * HOUR, 4.0),
        "within tolerance": (now + 2 * MINUTE, 5.0),
        "beyond tolerance": (now + HOUR, 6.0),
        "before there were sensors": (datetime(1989, 1, 1, tzinfo=UTC), 7.0),
        "correction": (now - HOUR, 8.0),
    }
    with Publisher() as publisher:
        for at, rotation in rows.values():
            publisher.send(line.topic, [{"equipment_id": "m", "event_time": at, "rotation": rotation}])
            publisher.flush()
        publisher.send(line.topic, [{"equipment_id": "m", "event_time": now, "rotation": 1.0}] * 2)
    land([line.topic])
    assert [row["rotation"] for row in in_bronze(line.topic)] == [1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 1.0, 1.0]
    counted = outcomes([line.topic])[line.topic]
    assert counted["quarantined"] == {"event_time_in_future": 1, "out_of_range:event_time": 1}
    result = cleanse_new(line.topic)
    assert result.duplicates == 3
    silver = in_silver(line.topic)
    assert [row["rotation"] for row in silver] == [2.0, 4.0, 8.0, 1.0, 5.0]  # by event time; the correction, once each
    assert silver[0]["event_date"] == (now - 30 * DAY).date()


def test_a_producers_clock_decides_nothing(line):
    """Records whose producers' time stamps are of 1970 and of the year 2100: the broker's own count."""
    spec, before = contract(line.topic), datetime.now(UTC) - MINUTE
    [[(key, body)]] = encode(spec, [{"equipment_id": "m", "event_time": datetime.now(UTC), "rotation": 1.0}])
    schema = Registry().latest(spec.subject)
    assert schema is not None
    with Publisher() as publisher:
        for stamp in (1, 4_102_444_800_000):
            publisher.send_raw(line.topic, key, header(schema.schema_id) + body, timestamp_ms=stamp)
    land([line.topic])
    assert all(before < row["_append_time"] < datetime.now(UTC) + MINUTE for row in in_bronze(line.topic))
    assert outcomes([line.topic])[line.topic]["quarantined"] == {}


def test_a_topic_that_takes_the_producers_clock_is_refused(line):
    resource = ConfigResource(ResourceType.TOPIC, line.topic)
    entry = ConfigEntry("message.timestamp.type", "CreateTime", incremental_operation=AlterConfigOpType.SET)
    resource.add_incremental_config(entry)
    admin = AdminClient({"bootstrap.servers": settings().kafka, "log_level": 0})
    admin.incremental_alter_configs([resource])[resource].result()
    line.send(3)
    with pytest.raises(MillwrightError, match="time stamps from the producer's clock"):
        land([line.topic])


def test_a_brokers_clock_that_steps_back_changes_no_order(tmp_path: Path, monkeypatch):
    """Three readings of one moment, the broker's clock an hour back at the second and at the third."""
    monkeypatch.setenv("MILLWRIGHT_LAKE_URL", f"file://{tmp_path}")
    monkeypatch.setenv("MILLWRIGHT_SINK_ROLL_RECORDS", "2")
    settings.cache_clear()
    try:
        world, event_us = World(tmp_path, Failpoint()), (NOW_MS - 7_200_000) * 1000
        for offset, step_back_ms in enumerate((0, 3_600_000, 3_700_000)):
            row = {"equipment_id": "m", "event_time": event_us, "temperature": float(offset)}
            [[(key, body)]] = encode(SPEC, [row])
            world.kafka.logs[0][offset] = (NOW_MS - step_back_ms, key, header(1) + body)
            world.kafka.high[0] = offset + 1
            world.sent[0, offset] = ("good", None)
        with patch.object(places, "look", world.kafka.look):
            world.finish()
        first, *_ = list_bronze(TOPIC)
        assert [row["_offset"] for row in in_bronze(TOPIC)] == [0, 1, 2]
        assert first.append_min is not None
        assert first.append_max == NOW_MS
        assert min(file.append_min or NOW_MS for file in list_bronze(TOPIC)) == NOW_MS - 3_700_000
        with Engine() as engine:
            cleanse_new("equipment-sensors", engine)
        [row] = in_silver("equipment-sensors")
        assert (row["temperature"], row["_offset"]) == (2.0, 2)  # the last by offset, though its time is the earliest
    finally:
        monkeypatch.undo()
        settings.cache_clear()
