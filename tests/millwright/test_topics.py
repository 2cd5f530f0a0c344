from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace

import psutil
import pytest
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from millwright import topics
from millwright.contracts import contract, contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from tests.stack import TestStack


@pytest.fixture
def topic(kafka: TestStack, monkeypatch) -> Iterator[str]:
    """The name of the only topic there is a contract for."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    own = {name: replace(contract("equipment-sensors"), stream=name, topic=name)}
    monkeypatch.setattr(topics, "contracts", lambda: own)
    yield name
    if topics.describe(name):
        admin().delete_topics([name])[name].result()


def admin() -> AdminClient:
    return topics._admin()


def test_topics_are_made_once(topic):
    assert topics.ensure_topics().created == (topic,)
    made = topics.describe(topic)[topic]
    assert made.partitions == settings().topic_partitions
    again = topics.ensure_topics()
    assert (again.created, again.differing) == ((), ())
    assert topics.describe(topic)[topic].topic_id == made.topic_id


def test_a_topic_with_other_settings_is_left_and_told_of(topic):
    config = {"message.timestamp.type": "LogAppendTime", "retention.ms": "3600000"}
    admin().create_topics([NewTopic(topic, 3, 1, config=config)])[topic].result()
    topics._await_visible((topic,))
    first, second = topics.ensure_topics().differing
    assert "has 3 partitions, MILLWRIGHT_TOPIC_PARTITIONS is 6" in first
    assert "keeps records 1 h" in second
    assert topics.describe(topic)[topic].partitions == 3


def test_a_topic_that_takes_the_producers_clock_is_refused(topic):
    admin().create_topics([NewTopic(topic, 6, 1)])[topic].result()
    topics._await_visible((topic,))
    with pytest.raises(MillwrightError, match=r"producer's clock.*kafka-configs"):
        topics.ensure_topics()


def test_a_broker_that_is_away_is_one_sentence(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setattr(topics, "_TIMEOUT_SECONDS", 1.0)
    settings.cache_clear()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 does not answer.*millwright up"):
        topics.ensure_topics()
    monkeypatch.undo()
    settings.cache_clear()


def test_topics_that_are_not_there_are_left_out(kafka):
    assert topics.describe("nowhere") == {}
    assert contracts()


def test_offsets_of_a_broker_that_hangs_are_not_made_up(kafka, monkeypatch):
    places = [("equipment-sensors", 0)]
    assert topics.offsets_at(places, OffsetSpec.latest())[places[0]] >= 0
    monkeypatch.setattr(topics, "_TIMEOUT_SECONDS", 1.0)
    broker = psutil.Process(kafka.pid("kafka"))
    broker.suspend()
    try:
        with pytest.raises(Unavailable, match="does not answer"):
            topics.offsets_at(places, OffsetSpec.latest())
    finally:
        broker.resume()


def test_a_client_that_never_answers_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(topics, "_TIMEOUT_SECONDS", 0.1)
    with pytest.raises(Unavailable, match="does not answer"):
        topics.answer(Future())
