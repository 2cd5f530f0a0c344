"""The event that starts micro-batches: one for each move of the sink, none while it stands still."""

from __future__ import annotations

import asyncio

import pytest

from airflow_dags.bronze_trigger import BronzeTrigger
from millwright.errors import Unavailable
from streaming.sink import broker

AT = ("equipment-sensors", 0)


def fired(monkeypatch: pytest.MonkeyPatch, *told: object) -> list[int]:
    """The records that each event told of, where Kafka's answers are these, and no others come."""
    answers = iter(told)

    def published():
        answer = next(answers, None)
        if answer is None:
            raise asyncio.CancelledError
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def collect() -> list[int]:
        events = []
        try:
            async for event in BronzeTrigger(seconds=0).run():
                events.append(event.payload["records"])
        except asyncio.CancelledError:
            pass
        return events

    monkeypatch.setattr(broker, "published", published)
    return asyncio.run(collect())


def test_it_fires_when_the_sink_has_moved_and_not_while_it_stands_still(monkeypatch):
    assert fired(monkeypatch, {}, {AT: 5}, {AT: 5}, {AT: 9}, {AT: 9}) == [5, 9]


def test_it_goes_on_when_kafka_has_been_away(monkeypatch):
    away = Unavailable("Kafka does not answer.")
    assert fired(monkeypatch, {AT: 5}, away, away, {AT: 5}, {AT: 6}) == [5, 6]


def test_airflow_makes_it_again_from_what_it_kept():
    path, arguments = BronzeTrigger(seconds=7).serialize()
    assert path == f"{BronzeTrigger.__module__}.{BronzeTrigger.__qualname__}"
    assert BronzeTrigger(**arguments).seconds == 7
