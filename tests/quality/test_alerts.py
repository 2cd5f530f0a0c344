"""From marts to alerts: sent once, also by runs that are killed, and cleared when it is over."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime

import pytest
from confluent_kafka import Consumer

from millwright.contracts import contract
from millwright.registry import Registry
from millwright.settings import settings
from quality.alerts import raise_alerts, standing
from streaming.accepted import accepted
from tests.dbt_transformations.conftest import Dbt, dbt
from tests.quality.landed import Landed, minute, reading, reject
from tests.quality.test_measure import rows, run

__all__ = ["Dbt", "dbt"]

CODE = "import datetime; from quality.alerts import raise_alerts; raise_alerts(datetime.datetime.fromisoformat('{}'))"


@pytest.fixture
def measured(landed: Landed, dbt: Dbt, stack) -> Callable[[], None]:
    """Measures and builds the marts that alerts are raised from."""

    def go() -> None:
        run()
        dbt("run", "--select", "+mart_data_quality", "+mart_data_freshness")

    return go


def bad(hour: int) -> list[dict]:
    """An hour of 200 records of which 3 % are rejected."""
    at = [60 * hour + number / 4 for number in range(200)]
    return [reject("empty", t) if n % 33 == 0 else reading("m1", t) for n, t in enumerate(at)]


def good(hour: int) -> list[dict]:
    return [reading("m1", 60 * hour + number / 4) for number in range(200)]


def on_the_topic(ids: set[str]) -> list[tuple[str, str]]:
    """(id, state) of each message of equipment-alerts with one of these ids, second copies too."""
    from confluent_kafka import TopicPartition

    consumer = Consumer(
        {"bootstrap.servers": settings().kafka, "group.id": "test-quality", "enable.partition.eof": True}
    )
    partitions = consumer.list_topics("equipment-alerts", 10).topics["equipment-alerts"].partitions
    consumer.assign([TopicPartition("equipment-alerts", number, 0) for number in partitions])
    messages, ended = [], set()
    while len(ended) < len(partitions):
        for message in consumer.consume(500, 1.0):
            ended.add(message.partition()) if message.error() else messages.append(message)
    consumer.close()
    found = accepted(contract("equipment-alerts"), messages, Registry(), 300.0).rows.to_pylist() if messages else []
    assert len(found) == len(messages) or not ids  # nothing that we send is rejected
    return [(a["alert_id"], a["state"]) for a in found if a["alert_id"] in ids]


def sent(now: datetime) -> list[tuple[str, str]]:
    return [(alert["rule"], alert["state"]) for alert in raise_alerts(now)]


def test_a_breach_is_raised_once_and_cleared_when_it_is_over(landed: Landed, measured):
    landed.publish(good(0))
    landed.publish(bad(1))
    measured()
    first = raise_alerts(minute(120))
    assert [(a["rule"], a["state"], a["severity"], a["equipment_id"]) for a in first] == [
        ("validation_pass_rate", "raised", "critical", "platform:equipment-sensors")
    ]
    assert first[0]["value"] == pytest.approx(1 - 7 / 200)
    assert sent(minute(121)) == []
    assert [alert["alert_id"] for alert in standing()] == [first[0]["alert_id"]]

    landed.publish(good(2))
    measured()
    assert sent(minute(180)) == [("validation_pass_rate", "cleared")]
    assert sent(minute(181)) == []
    assert standing() == []
    name = first[0]["alert_id"]
    assert on_the_topic({name}) == [(name, "raised"), (name, "cleared")]


def test_mending_the_records_clears_the_breach(landed: Landed, measured):
    landed.publish(bad(0))
    measured()
    assert sent(minute(60)) == [("validation_pass_rate", "raised")]
    wrong = [n for n, record in enumerate(bad(0)) if "_reason" in record]
    landed.mend({n: reading("m1", n / 4) for n in wrong}, {"empty": len(wrong)})
    measured()
    assert sent(minute(61)) == [("validation_pass_rate", "cleared")]


@pytest.mark.parametrize(("place", "hour"), [("quality.before_send", 10), ("quality.after_send", 20)])
def test_a_run_that_is_killed_is_repeated_with_the_same_alert(landed: Landed, measured, place: str, hour: int):
    landed.publish(bad(hour))
    measured()
    end = 60 * (hour + 1)
    command = [sys.executable, "-c", CODE.format(minute(end).isoformat())]
    killed = subprocess.run(command, env={**os.environ, "MILLWRIGHT_FAILPOINT": place}, check=False)
    assert killed.returncode == -9
    [alert] = raise_alerts(minute(end + 2))
    assert raise_alerts(minute(end + 3)) == []
    name = alert["alert_id"]
    assert set(on_the_topic({name})) == {(name, "raised")}
    assert rows("select count(*) from platform.quality_alerts where sent_at is not null") == [(1,)]


def test_a_stream_that_falls_silent_is_told_of_and_so_is_its_return(landed: Landed, measured):
    landed.publish([reading("m1", number) for number in range(10)])
    measured()
    assert sent(minute(23)) == []
    assert sent(minute(24)) == [("freshness", "raised")]
    assert sent(minute(25)) == []
    landed.publish([reading("m1", 40)])
    measured()
    assert sent(minute(41)) == [("freshness", "cleared")]


def test_a_replayed_history_is_not_missed_when_it_ends(landed: Landed, measured):
    landed.publish([reading("m1", number, late=60 * 24 * 30) for number in range(10)])
    measured()
    assert sent(minute(600)) == []


def test_hours_of_long_ago_are_a_trend_and_nobody_is_told(landed: Landed, measured):
    landed.publish(bad(0))
    measured()
    assert sent(minute(60 * 48)) == [("freshness", "raised")]  # that nothing has come since is true now
    assert rows("select is_breached from marts.mart_data_quality where rule = 'validation_pass_rate'") == [(True,)]
