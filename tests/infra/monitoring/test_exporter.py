"""The exporter tells what the stores say, and goes on when one of them does not answer."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Iterable

import psycopg2
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from prometheus_client import CollectorRegistry, generate_latest

from infra.monitoring.exporter import source as sources
from infra.monitoring.exporter import streams, warehouse
from infra.monitoring.exporter.airflow import AIRFLOW
from infra.monitoring.exporter.disk import DISK
from infra.monitoring.exporter.loads import Loads
from infra.monitoring.exporter.serve import ALL, chosen
from infra.monitoring.exporter.source import UP, Measure, Sample, Source, Sources
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings, settings_with

Found = dict[tuple[str, ...], float]


def _found(samples: Iterable[Sample]) -> Found:
    return {(measure.name.removeprefix("millwright_"), *labels): value for measure, labels, value in samples}


def test_the_warehouses_records_are_told(lived_in):
    found, now = _found(warehouse.look()), time.time()
    assert found["champion_version", "failure"] == 3
    assert found["champion_promoted_timestamp_seconds", "failure"] == pytest.approx(now - 7 * 86400, abs=600)
    assert (found["model_refusals", "failure"], found["model_refusals", "new"]) == (2, 1)
    assert ("champion_version", "new") not in found
    assert (found["model_drift_share", "failure"], found["model_retrain_due", "failure"]) == (0.6, 1)
    assert found["predictions_last_timestamp_seconds", "failure"] == pytest.approx(now, abs=600)
    assert (found["dbt_last_seconds",], found["dbt_last_failed",]) == (30, 2)
    assert found["quality_breaches", "equipment-sensors", "critical"] == 1
    assert {key for key in found if key[0] == "stream_allowed_silence_seconds"} == {
        ("stream_allowed_silence_seconds", "equipment-sensors")
    }
    assert found["cleanse_duplicates_24h", "equipment-sensors"] == 10
    assert found["load_last_timestamp_seconds", "sensor_readings"] == pytest.approx(now, abs=600)
    assert found["warehouse_bytes",] > 1_000_000


def test_loads_are_counted_from_when_the_exporter_began(lived_in):
    loads, connection = Loads(), psycopg2.connect(lived_in)
    with connection, connection.cursor() as cursor:
        assert _found(loads.look(cursor))["load_rows_total", "sensor_readings", "inserted"] == 0
        cursor.execute(
            "insert into platform.loads (table_name, silver_version, silver_id, columns, rows_inserted, rows_deleted)"
            " values ('sensor_readings', 2, 'a', '{}', 5, 1), ('sensor_readings', 3, 'a', '{}', 2, 0)"
        )
        for _ in range(2):
            found = _found(loads.look(cursor))
            assert found["load_runs_total", "sensor_readings"] == 2
            assert found["load_rows_total", "sensor_readings", "inserted"] == 7
            assert found["load_rows_total", "sensor_readings", "deleted"] == 1
            assert found["load_runs_total", "equipment_assets"] == 0
    connection.close()


def test_runs_are_read_from_the_tables_of_the_airflow_that_is_installed(lived_in):
    found, now = _found(AIRFLOW.look()), time.time()
    assert found["dag_last_seconds", "hourly", "success"] == 60
    assert found["dag_last_end_timestamp_seconds", "hourly", "failed"] == pytest.approx(now - 290, abs=120)
    assert found["dag_running_since_timestamp_seconds", "daily"] == pytest.approx(now - 4 * 3600, abs=120)
    assert found["task_last_seconds", "hourly", "load"] == 42
    assert not [key for key in found if "old" in key]


def test_an_empty_warehouse_and_one_that_is_away_are_told(fresh_database):
    assert _found(warehouse.look())["warehouse_bytes",] > 0
    with settings_with(database_url="postgresql://x@127.0.0.1:9/x"):
        assert _collected(Sources([warehouse.WAREHOUSE]))["millwright_service_up", "warehouse"] == 0


def test_what_waits_in_kafka_is_told_without_a_sink(kafka):
    topic = "equipment-status"
    with settings_with(sink_group=f"nobody-{uuid.uuid4().hex[:8]}"):
        before = _when_it_answers()
        producer = Producer({"bootstrap.servers": settings().kafka})
        for _ in range(5):
            producer.produce(topic, b"junk", partition=0)
        producer.flush(30)
        after = _found(streams.look())
        for name in ("stream_sent_records_total", "stream_lag_records"):
            assert after[name, topic] - before[name, topic] == 5
        assert after["stream_newest_record_timestamp_seconds", topic] == pytest.approx(time.time(), abs=60)
        consumer = Consumer({"bootstrap.servers": settings().kafka, "group.id": settings().sink_group})
        place = TopicPartition(topic, 0)
        consumer.commit(
            offsets=[TopicPartition(topic, 0, consumer.get_watermark_offsets(place)[1])], asynchronous=False
        )
        consumer.close()
        assert after["stream_lag_records", topic] - _found(streams.look())["stream_lag_records", topic] >= 5


def _when_it_answers() -> Found:
    """A broker whose topics have just been made may not lead them yet."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return _found(streams.look())
        except Unavailable:
            assert time.monotonic() < deadline


def test_the_disk_is_told_before_the_folder_is_there(tmp_path):
    with settings_with(state_dir=str(tmp_path / "not" / "yet")):
        found = _found(DISK.look())
    assert 0 < found["disk_free_bytes", "state"] <= found["disk_size_bytes", "state"]


# Pure: how sources are asked.
A, B = Measure("a", "A."), Measure("b", "B.")


def _collected(collector: Sources) -> Found:
    registry = CollectorRegistry()
    registry.register(collector)
    samples = [sample for family in registry.collect() for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def _away() -> list[Sample]:
    raise Unavailable("It does not answer.")


def test_a_source_that_is_away_leaves_the_others():
    found = _collected(Sources([Source("a", (A,), _away, "a"), Source("b", (B,), lambda: [(B, (), 2.0)], "b")]))
    assert (found["b",], found[UP.name, "a"], found[UP.name, "b"]) == (2, 0, 1)
    assert ("a",) not in found


def test_a_source_that_hangs_is_down_and_is_not_asked_twice_at_once(monkeypatch):
    monkeypatch.setattr(sources, "_PATIENCE_SECONDS", 0.05)
    asked, go_on = [], threading.Event()

    def hangs() -> list[Sample]:
        asked.append(1)
        go_on.wait(30)
        return [(A, (), 1.0)]

    collector = Sources([Source("a", (A,), hangs, "a")])
    assert _collected(collector)[UP.name, "a"] == 0
    assert _collected(collector)[UP.name, "a"] == 0
    assert len(asked) == 1
    monkeypatch.setattr(sources, "_PATIENCE_SECONDS", 30.0)
    go_on.set()
    assert _collected(collector)[UP.name, "a"] == 1


def test_what_is_not_run_is_not_asked():
    with settings_with(exporter_without="mlflow, airflow"):
        names = {source.name for source in chosen()}
    assert set(ALL) - names == {"mlflow", "airflow", "airflow-database"}
    with settings_with(exporter_without="airflw"), pytest.raises(MillwrightError, match="'airflw'"):
        chosen()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed (Debian's package prometheus)")
def test_prometheus_own_checker_finds_nothing_to_mend():
    measures = tuple(dict.fromkeys(measure for each in ALL.values() for measure in each.measures))
    registry = CollectorRegistry()
    registry.register(Sources([Source("a", measures, lambda: [(each, each.labels, 1.0) for each in measures], "a")]))
    checked = subprocess.run(["promtool", "check", "metrics"], input=generate_latest(registry), capture_output=True)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
