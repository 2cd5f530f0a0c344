"""Workers against the real Kafka and registry: races, outages, changed schemas, changed topics."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from millwright import registry, topics
from millwright.contracts import contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.lake import list_bronze
from millwright.publisher import Publisher
from millwright.settings import settings
from millwright.wire import header
from streaming.sink.once import land
from streaming.sink.outcomes import outcomes
from streaming.sink.streams import Streams
from streaming.sink.worker import Worker


def until(worker_steps, condition, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        worker_steps()


def test_two_workers_that_both_believe_a_partition_theirs_land_it_once(line, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_SINK_ROLL_RECORDS", "50")
    settings.cache_clear()
    streams = Streams([line.topic])
    with Worker(streams) as one, Worker(streams) as two:
        for worker in (one, two):
            worker.take([(line.topic, 0), (line.topic, 1)])
        for _ in range(8):
            line.send(200, junk=2)
            one.step(), two.step(), two.drain(), one.step(), one.drain()
        until(lambda: (one.step(), one.drain(), two.step()), lambda: len(line.landed()) == line.sent)
        two.drain()
    line.assert_once_each()


def test_workers_of_a_group_hand_partitions_over_without_loss(line):
    streams = Streams([line.topic])
    with ExitStack() as end:
        one = end.enter_context(Worker(streams))
        one.join()
        line.send(300)
        until(one.step, lambda: len(line.landed()) > 0)
        two = end.enter_context(Worker(streams))
        two.join()
        for _ in range(5):
            line.send(300)
            one.step(), two.step()
        until(lambda: (one.step(), two.step()), lambda: len(two._lanes) == 1 and len(one._lanes) == 1)
        line.send(300)
        until(lambda: (one.step(), two.step()), lambda: len(line.landed()) == line.sent)
    line.assert_once_each()


def test_a_registry_that_is_away_holds_up_only_the_schemas_not_known_yet(line, monkeypatch):
    streams = Streams([line.topic])
    with Worker(streams) as worker:
        worker.take([(line.topic, 0), (line.topic, 1)])
        line.send(20)
        monkeypatch.setattr(streams._registry._client, "_transport", httpx.MockTransport(_away))
        until(worker.step, lambda: len(line.landed()) == 20)
        with Publisher() as publisher:
            publisher.send_raw(line.topic, b"m0", header(99_999) + b"body")
        line.sent += 1
        for _ in range(25):
            worker.step()
        assert len(line.landed()) == 20
        monkeypatch.undo()
        settings.cache_clear()
        streams._registry._client._transport = httpx.HTTPTransport()
        until(worker.step, lambda: any(f.rejected for f in list_bronze(line.topic)))
    [rejected] = [f.rejected for f in list_bronze(line.topic) if f.rejected]
    assert rejected == {"unknown_schema": 1}


def _away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def test_old_and_new_producers_share_a_file(line):
    line.send(30)
    old = contracts()[line.topic]
    line.evolve()
    contracts.cache_clear()
    registry.register_all()
    line.send(30, torque=5.0)
    line.send(10, torque=500.0)
    new = contracts()[line.topic]
    contracts()[line.topic] = old  # a producer that has not heard of it
    line.send(30)
    contracts()[line.topic] = new
    landed = land([line.topic])[line.topic]
    assert (landed["accepted"], landed["rejected"]) == (90, 10)
    assert outcomes([line.topic])[line.topic]["quarantined"] == {"out_of_range:torque": 10}
    newest = registry.Registry().latest(new.subject)
    assert {f.schema_id for f in list_bronze(line.topic)} == {newest.schema_id}
    assert newest.version == 2
    line.assert_once_each()


def test_a_running_sink_takes_up_a_newer_contract(line):
    streams = Streams([line.topic])
    with Worker(streams) as worker:
        worker.take([(line.topic, 0), (line.topic, 1)])
        line.send(20)
        until(worker.step, lambda: len(line.landed()) == 20)
        line.evolve()
        in_use = contracts.cache_info()
        contracts.cache_clear()
        registry.register_all()
        line.send(20, torque=5.0)
        until(worker.step, lambda: len(line.landed()) == 40)
    assert in_use.currsize == 1
    by_age = sorted(list_bronze(line.topic), key=lambda f: f.append_min)
    assert by_age[0].schema_id != by_age[-1].schema_id


def test_a_sink_whose_contract_is_older_than_the_registrys_newest_does_not_start(line):
    old = contracts()[line.topic]
    line.evolve()
    contracts.cache_clear()
    registry.register_all()
    contracts()[line.topic] = old
    with pytest.raises(MillwrightError, match=r"is older than the registry's newest \(version 2"):
        Streams([line.topic])


def remade(topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": settings().kafka})
    admin.delete_topics([topic], operation_timeout=30)[topic].result()
    deadline = time.monotonic() + 30
    while topic in admin.list_topics(timeout=5).topics:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    topics.ensure_topics()


def test_a_topic_made_anew_is_not_taken_for_the_old_one(line):
    line.send(100)
    land([line.topic])
    remade(line.topic)
    line.send(300)
    with pytest.raises(MillwrightError, match="was deleted and made anew"):
        land([line.topic])
    assert len(line.landed()) == 100


def test_a_topic_made_anew_under_a_running_sink_stops_it(line, monkeypatch):
    monkeypatch.setattr("streaming.sink.places._PROPAGATION_SECONDS", 3.0)

    def run() -> None:
        with Worker(Streams([line.topic])) as worker:
            worker.join()
            line.send(100)
            until(worker.step, lambda: len(line.landed()) == 100)
            remade(line.topic)
            line.send(400)
            until(worker.step, lambda: len(line.landed()) > 100, seconds=60)

    with pytest.raises(MillwrightError, match=r"made anew|is gone|lost records"):
        run()
    assert len(line.landed()) == 100


def test_records_that_expired_before_they_were_landed_are_a_gap(line, caplog):
    line.send(100)
    land([line.topic])
    line.send(100)
    high = {f.partition: f.next_offset for f in list_bronze(line.topic)}
    admin = AdminClient({"bootstrap.servers": settings().kafka})
    dropped = {partition: end + 5 for partition, end in high.items()}
    for future in admin.delete_records([TopicPartition(line.topic, p, end) for p, end in dropped.items()]).values():
        future.result()
    landed = land([line.topic])[line.topic]
    assert landed["records"] == 100 - 5 * len(high)
    assert [r.message for r in caplog.records if "are lost" in r.message]
    for partition, end in high.items():
        assert any(f.first_offset == end + 5 for f in list_bronze(line.topic, {partition: end}))
    assert land([line.topic])[line.topic]["records"] == 0


def test_a_broker_that_is_killed_and_comes_back_costs_no_record(line, services):
    """Sender and sink are in mid-run when it dies."""
    with Worker(Streams([line.topic])) as worker, Publisher() as publisher, ThreadPoolExecutor(1) as pool:
        worker.join()
        line.send(100)
        until(worker.step, lambda: len(line.landed()) > 0)
        publisher.send(line.topic, line.readings(2000))
        services.kill("kafka")
        publisher.send(line.topic, line.readings(2000))
        worker.step()
        healing = pool.submit(services.heal, "topics")
        until(worker.step, healing.done, seconds=90)
        healing.result()
        publisher.send(line.topic, line.readings(100))
        pool.submit(publisher.flush)
        until(worker.step, lambda: len(line.landed()) == line.sent, seconds=90)
    assert publisher.sent[line.topic] == 4100
    line.assert_once_each()


def test_landing_gives_up_after_its_time(line):
    line.send(10)
    with pytest.raises(Unavailable, match="Not all records have landed in time"):
        land([line.topic], timeout=0.0)
