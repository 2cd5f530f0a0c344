"""The sink with its lake in a bucket: killed at every gap between two requests, and with a server that dies."""

from __future__ import annotations

import random
import time

import pytest

from streaming.sink.outcomes import outcomes

PLACES = [
    "genesis.before_put",
    "genesis.after_put",
    "quarantine.before_put",
    "quarantine.after_put",
    "sink.before_put",
    "sink.after_put",
    "sink.after_commit",
]


def test_a_sink_killed_at_any_request_goes_on_as_if_it_had_not_been(line_in_a_bucket):
    line = line_in_a_bucket
    for count, place in enumerate(PLACES):
        line.send(40, junk=6)
        # The second time past it (the first, in a chain's beginning), so that some work is done and some is not.
        passing = "" if place.startswith("genesis") or count % 2 else ":2"
        assert line.once(MILLWRIGHT_FAILPOINT=place + passing, MILLWRIGHT_SINK_ROLL_RECORDS="20") == -9, place
    assert line.once() == 0
    line.assert_once_each()
    counted = outcomes([line.topic])[line.topic]
    assert counted["consumed"] == line.sent
    assert counted["quarantined"] == {"not_avro_wire_format": 6 * len(PLACES)}


def test_services_killed_at_any_instant_are_followed_by_others(line_in_a_bucket, eventually):
    line = line_in_a_bucket
    for _ in range(2):
        service = line.run("sink", "run", MILLWRIGHT_SINK_ROLL_SECONDS="0.2")
        try:
            before = len(line.landed())
            line.send(500, junk=3)
            eventually(lambda before=before: len(line.landed()) > before, 60)
            line.send(2000, junk=3)
            time.sleep(random.uniform(0, 0.5))
        finally:
            service.kill()
            service.wait()
    assert line.once() == 0
    line.assert_once_each()


def test_a_store_that_dies_and_comes_back_loses_and_doubles_nothing(line_in_a_bucket, s3, eventually):
    line = line_in_a_bucket
    service = line.run("sink", "run", MILLWRIGHT_SINK_ROLL_SECONDS="0.2")
    try:
        line.send(500, junk=3)
        eventually(lambda: len(line.landed()) > 0, 60)
        for _ in range(3):
            s3.kill()
            try:
                line.send(1000, junk=3)
            finally:
                s3.start()
            line.send(100)
        eventually(lambda: len(line.landed()) == line.sent, 90)
    finally:
        service.terminate()
        out, _ = service.communicate(timeout=60)
    assert service.returncode == 0, out
    assert "Traceback" not in out
    line.assert_once_each()


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("MILLWRIGHT_LAKE_URL", "s3://no-such-bucket/lake", "There is no bucket no-such-bucket"),
        ("AWS_SECRET_ACCESS_KEY", "wrong", "Look at the credentials"),
    ],
)
def test_a_mistake_in_the_settings_is_one_sentence(line_in_a_bucket, setting, value, told):
    service = line_in_a_bucket.run("sink", "run", **{setting: value})
    out, _ = service.communicate(timeout=60)
    assert service.returncode == 1
    assert told in out
    assert "Traceback" not in out
