import os
import re
import socket
import threading
import time

import psutil
import pytest

from infra.local import ports
from millwright.errors import MillwrightError
from millwright.settings import Settings


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_message_names_the_port_its_holder_and_the_setting(taken):
    config = Settings(kafka_port=taken)
    with pytest.raises(MillwrightError) as caught:
        ports.check(config, [("kafka", "kafka_port", set())])
    assert re.match(
        rf"Port {taken}, on which kafka would listen, is held by .+ \(pid {os.getpid()}\)\.", caught.value.message
    )
    assert "MILLWRIGHT_KAFKA_PORT" in caught.value.remedy


def test_a_part_may_hold_its_own_port(taken):
    ports.check(Settings(kafka_port=taken), [("kafka", "kafka_port", {os.getpid()})])


def test_two_settings_with_one_port_are_refused():
    config = Settings(kafka_port=21999, registry_port=21999)
    with pytest.raises(MillwrightError, match="MILLWRIGHT_REGISTRY_PORT and MILLWRIGHT_KAFKA_PORT are both 21999"):
        ports.check(config, [("kafka", "kafka_port", set()), ("registry", "registry_port", set())])


def test_a_port_on_all_addresses_is_taken_too():
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])


def test_a_connection_that_is_closing_does_not_hold_a_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()  # the server closes first: its side lingers in TIME_WAIT
    assert ports.is_free(port)


def test_the_port_of_a_killed_part_is_waited_for_until_the_process_is_gone(monkeypatch):
    monkeypatch.setattr(ports, "holder", lambda port: None)  # as the system says of a process that is dying
    monkeypatch.setattr(ports, "_DYING_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(MillwrightError, match="another user"):
            ports.check(Settings(kafka_port=port), [("kafka", "kafka_port", set())])
        threading.Timer(0.3, server.close).start()
        ports.check(Settings(kafka_port=port), [("kafka", "kafka_port", {os.getpid()})])


def test_a_port_is_waited_for_a_moment_longer_than_its_process_however_long_that_took_to_die(monkeypatch):
    gone = time.monotonic() + 1.2
    monkeypatch.setattr(ports, "holder", lambda port: None)
    monkeypatch.setattr(ports, "_DYING_SECONDS", 1.0)
    monkeypatch.setattr(psutil, "pid_exists", lambda pid: time.monotonic() < gone)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        threading.Timer(1.4, server.close).start()
        ports.check(Settings(kafka_port=port), [("kafka", "kafka_port", {os.getpid()})])
