"""kill -9 at every gap between two steps, with the real Kafka: nothing is lost, nothing doubled."""

from __future__ import annotations

import signal
import time

import pytest

from streaming.sink.broker import group_is_live
from streaming.sink.outcomes import outcomes

PLACES = [
    "genesis.after_link",
    "sink.before_quarantine",
    "quarantine.after_write",
    "quarantine.after_link",
    "sink.after_quarantine",
    "sink.before_write",
    "sink.after_write",
    "sink.after_fsync",
    "sink.after_link",
    "sink.after_dir_fsync",
    "sink.after_commit",
]


def test_a_sink_killed_at_any_place_goes_on_as_if_it_had_not_been(line):
    for count, place in enumerate(PLACES, 1):
        line.send(40, junk=6)
        # The second time past it (the first, in a chain's beginning), so that some work is done and some is not.
        passing = "" if place.startswith("genesis") or count % 2 else ":2"
        assert line.once(MILLWRIGHT_FAILPOINT=place + passing, MILLWRIGHT_SINK_ROLL_RECORDS="20") == -9, place
        counted = outcomes([line.topic])[line.topic]
        assert counted["consumed"] == len(line.landed()), place
    assert line.once() == 0
    line.assert_once_each()
    counted = outcomes([line.topic])[line.topic]
    assert counted["consumed"] == line.sent
    assert counted["quarantined"] == {"not_avro_wire_format": 6 * len(PLACES)}


def test_a_service_killed_in_mid_run_is_followed_by_another(line, eventually):
    first = line.run("sink", "run", MILLWRIGHT_SINK_ROLL_SECONDS="0.2")
    try:
        line.send(500, junk=3)
        eventually(lambda: len(line.landed()) > 0)
        line.send(2000, junk=3)
        first.send_signal(signal.SIGKILL)
        first.wait()
        second = line.run("sink", "run", MILLWRIGHT_SINK_ROLL_SECONDS="0.2")
        try:
            line.send(100)
            eventually(lambda: len(line.landed()) == line.sent)
        finally:
            second.terminate()
            out, _ = second.communicate(timeout=30)
        assert second.returncode == 0, out
    finally:
        first.kill()
    line.assert_once_each()


def test_a_service_that_is_asked_to_stop_publishes_what_it_has_read(line, eventually):
    service = line.run("sink", "run", MILLWRIGHT_SINK_ROLL_SECONDS="600")
    try:
        eventually(group_is_live)
        line.send(100)
        time.sleep(3)  # nothing is due for ten minutes: that the records have been read shows in nothing but the end
        assert line.landed() == []
    finally:
        service.send_signal(signal.SIGTERM)
        out, _ = service.communicate(timeout=30)
    assert service.returncode == 0, out
    line.assert_once_each()


@pytest.mark.parametrize("missing", ["KAFKA_BOOTSTRAP", "REGISTRY_URL"])
def test_a_service_that_is_down_at_the_start_is_one_sentence(line, missing):
    addresses = {"KAFKA_BOOTSTRAP": "127.0.0.1:1", "REGISTRY_URL": "http://127.0.0.1:1"}
    service = line.run("sink", "run", **{f"MILLWRIGHT_{missing}": addresses[missing]})
    out, _ = service.communicate(timeout=60)
    assert service.returncode == 1
    assert "127.0.0.1:1 does not answer" in out
    assert "millwright up" in out
    assert "Traceback" not in out
