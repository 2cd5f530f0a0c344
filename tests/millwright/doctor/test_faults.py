"""Planted faults, each of which the doctor finds, with its remedy."""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from infra.local import checks as stack_checks
from infra.local import machine_checks
from infra.local.mlflow import MLFLOW
from millwright.contracts import contract
from millwright.doctor import Finding, streams, warehouse
from millwright.lake import Genesis, create_gap, create_genesis
from millwright.settings import settings, settings_with
from millwright.store import lake_store
from millwright.warehouse import session
from ml.registry.checks import champions
from spark_jobs.checks import silver_against_bronze, watermarks
from spark_jobs.silver import Silver
from streaming.lake_care.checks import chains, lost_by_kafka
from tests.contract_change import changed_contract
from tests.stack import TestStack

SENSORS = "equipment-sensors"
LOADED = (
    "insert into platform.loads (table_name, silver_version, silver_id, columns)"
    " values ('sensor_readings', 4, 'an-earlier-table', '{}')"
)


def only(findings: Iterable[Finding], problem: str, command: str) -> None:
    """Exactly one finding, which says this and whose command is this."""
    (found,) = findings
    assert problem in found.problem
    assert command in found.command
    assert found.remedy.endswith(".")


def execute(statement: str) -> None:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def topic(kafka: TestStack) -> str:
    """A topic of five records whose producer's clock is an hour ahead."""
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": settings().kafka})
    made = NewTopic(name, 1, 1, config={"message.timestamp.type": "CreateTime"})
    admin.create_topics([made])[name].result(20)
    producer = Producer({"bootstrap.servers": settings().kafka})
    for _ in range(5):
        producer.produce(name, b"x", partition=0, timestamp=round((time.time() + 3600) * 1000))
    assert producer.flush(20) == 0
    return name


def test_a_package_of_another_version():
    only(stack_checks.versions(["click>=99", "pyarrow>=1"]), "click is 8", "make setup")


def test_a_port_that_a_stranger_holds(tmp_path):
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        with settings_with(state_dir=str(tmp_path), mlflow_port=str(stranger.getsockname()[1])):
            only(
                stack_checks.held_ports([MLFLOW]), "on which mlflow would listen, is held by", "MILLWRIGHT_MLFLOW_PORT="
            )


def test_a_disk_that_is_nearly_full():
    only(machine_checks.disk_of(Path("/state"), free=3 * 10**9, total=10**11), "3.0 GB are free, 3%", "warehouse ls")
    assert not list(machine_checks.disk_of(Path("/state"), free=6 * 10**9, total=10**11))


def test_memory_that_is_used_up():
    only(machine_checks.memory_of(available=3 * 10**8, total=8 * 10**9), "0.30 GB are available", "millwright status")
    assert not list(machine_checks.memory_of(available=6 * 10**8, total=8 * 10**9))


def test_passwords_that_everybody_may_read(tmp_path):
    with settings_with(state_dir=str(tmp_path)):
        settings().credentials_file.write_text("{}")
        settings().credentials_file.chmod(0o644)
        only(
            stack_checks.secrets(settings(), tmp_path / ".env"), "(mode 0644)", f"chmod 600 {tmp_path}/credentials.json"
        )


def test_a_clock_of_the_warehouse_that_is_wrong(postgres):
    assert not list(warehouse.clock())
    only(warehouse.clock(now=lambda: time.time() + 60), "60 s behind ours", "timedatectl")


def test_a_broker_whose_clock_and_a_topic_whose_time_stamps_are_wrong(topic):
    only(streams.broker_clock([topic]), "s ahead of ours", "timedatectl")
    only(streams.topics([topic]), "producer's clock", "message.timestamp.type=LogAppendTime")
    only(streams.topics(["never-made"]), "no topic never-made", "millwright up --only topics")


def test_records_that_kafka_dropped_before_they_landed(topic, lake):
    create_genesis(lake_store(), topic, 0, Genesis("x", 0))
    assert not list(lost_by_kafka([topic]))
    admin = AdminClient({"bootstrap.servers": settings().kafka})
    for future in admin.delete_records([TopicPartition(topic, 0, 3)]).values():
        future.result(20)
    only(lost_by_kafka([topic]), f"dropped offsets 0 to 2 of {topic}/0 before they landed", "millwright up --only sink")


def test_a_lake_with_a_hole_in_a_chain(lake):
    store = lake_store()
    create_genesis(store, SENSORS, 0, Genesis("x", 0))
    create_gap(store, SENSORS, 0, 0, 5, "expired")
    assert not list(chains())
    create_gap(store, SENSORS, 0, 7, 9, "expired")
    only(chains(), "the offsets 5 to 6 before it are missing", f"millwright lake verify --stream {SENSORS}")


def test_a_registry_that_has_another_schema_than_the_contract(registry):
    assert not list(streams.registered())
    humidity = {"name": "humidity", "type": ["null", "double"], "default": None, "channel": True}
    with changed_contract(SENSORS, lambda avro: avro["fields"].append(humidity)):
        only(streams.registered(), f"is not the contract {SENSORS}", "millwright contracts check")


@pytest.mark.usefixtures("fresh_database", "lake")
def test_a_warehouse_at_an_older_revision_and_one_loaded_from_another_lake():
    assert not [*warehouse.tables(), *watermarks(), *silver_against_bronze()]
    execute(LOADED)
    only(watermarks(), "the lake has no silver table sensor_readings", "millwright rebuild")
    Silver.open(contract(SENSORS))
    only(watermarks(), "from another silver table than the lake has now", "millwright rebuild")
    only(warehouse.dbt(), "dbt has never run", "dbt build")
    execute("update platform.revision set version_num = '0001'")
    only(warehouse.tables(), "is at revision 0001", "millwright up --only tables")
    execute("update platform.revision set version_num = '9000'")
    only(warehouse.tables(), "which a newer Millwright made", "make setup")


@pytest.mark.usefixtures("fresh_database")
def test_a_dbt_model_that_failed_last_time():
    execute(
        "create table platform.dbt_results (result_id bigint generated always as identity, name text, kind text,"
        " status text, message text, last_at timestamptz default now());"
        "insert into platform.dbt_results (name, kind, status, message) values"
        " ('mart_oee', 'model', 'error', 'column x'),"
        " ('mended', 'test', 'fail', 'two rows'), ('mended', 'test', 'pass', '')"
    )
    only(warehouse.dbt(), "dbt's model mart_oee failed last time: column x", "dbt build --select mart_oee")


def test_a_model_without_a_champion_and_a_champion_without_its_files(tmp_path):
    from mlflow import MlflowClient

    address = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(address, address)
    client.create_registered_model("failure")
    client.create_model_version("failure", str(tmp_path / "gone"))
    with settings_with(mlflow_url=address):
        only(champions(), "failure has no champion", "millwright models promote failure")
        client.set_registered_model_alias("failure", "champion", "1")
        only(champions(), "The files of failure version 1, the champion", "millwright restore")
        (tmp_path / "gone").mkdir()
        (tmp_path / "gone" / "model.json").write_text("{}")
        assert not list(champions())
