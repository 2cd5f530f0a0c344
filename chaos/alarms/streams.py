"""What goes wrong with streams and with the services that read them."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import OffsetSpec

from chaos.alarms.scene import STREAM, Scene, change, send
from millwright.settings import settings
from millwright.topics import admin_client, answer, describe, offsets_at, settled

_STOPPED_SECONDS, _RUNNING_SECONDS = 0.97, 0.03


def services(scene: Scene) -> None:
    """A sink that is stopped, and a registry that is killed."""
    send(4_000)
    scene.fires("MillwrightStreamLagging", "the sink is stopped, 4,000 records wait")
    scene.fires("MillwrightProcessDown", "the sink is stopped")
    with scene.running("sink", "run"):
        scene.is_over("MillwrightStreamLagging", "the sink runs again")
    scene.stack.kill("registry")
    scene.fires("MillwrightServiceDown", "the registry is killed")
    scene.stack.heal()
    scene.is_over("MillwrightServiceDown", "`up` has healed it")


def records(scene: Scene) -> None:
    """Records that Kafka drops, that are none, and that do not come."""
    send(500)
    expire()
    with scene.running("sink", "run"):
        scene.fires("MillwrightRecordsLost", "500 records expired in Kafka while no sink ran")
        junk()
        scene.fires("MillwrightQuarantineRate", "600 records that are none")
        scene.let("data_quality")
        scene.fires("MillwrightQualityBreach", "the same, seen by the DAG data_quality")
        change(
            "update marts.mart_data_freshness set allowed_seconds = 15, is_judged = true"
            f" where stream = '{STREAM}' and machine is null"
        )
        scene.fires("MillwrightStreamSilent", "the stream is frozen; 15 s of silence are usual")
        send(10)
        scene.is_over("MillwrightStreamSilent", "a record came")


def alerts(scene: Scene) -> None:
    """A service that is given next to no processor time."""
    with scene.running("alerts", "run") as process:
        scene.watched.until("sum(millwright_alerts_lag_records) == 0")
        with _starved(process):
            send(100_000)
            scene.fires("MillwrightAlertsLagging", "the alerts get 3 % of a processor, 100,000 records come")
        scene.is_over("MillwrightAlertsLagging", "they get all of it")


def expire() -> None:
    """Kafka drops what it has of the stream, as it does when its retention is over."""
    places = [(STREAM, number) for number in range(describe(STREAM)[STREAM].partitions)]
    ends = [TopicPartition(*place, end) for place, end in offsets_at(places, OffsetSpec.latest()).items()]
    for future in settled(admin_client(settings().kafka).delete_records(ends)).values():
        answer(future)


def junk() -> None:
    """600 messages that are no records."""
    producer = Producer({"bootstrap.servers": settings().kafka})
    for _ in range(600):
        producer.produce(STREAM, b"junk", key=b"M0001")
    producer.flush(30)


@contextmanager
def _starved(process: subprocess.Popen[bytes]) -> Iterator[None]:
    ends = threading.Event()

    def starve() -> None:
        while not ends.is_set():
            process.send_signal(signal.SIGSTOP)
            time.sleep(_STOPPED_SECONDS)
            process.send_signal(signal.SIGCONT)
            time.sleep(_RUNNING_SECONDS)

    thread = threading.Thread(target=starve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()
