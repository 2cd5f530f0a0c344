"""The platform's own services: the sink to the lake, the alerts and the analytics."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable

from infra.local import kafka
from infra.local.environment import of_platform
from infra.local.part import Launch, Part
from millwright.settings import Settings

# Until then a killed predecessor still counts as a member of the group: their sessions end after 6 s.
_SESSION_SECONDS = 7.0


def _service(name: str, group: Callable[[Settings], str], *needs: str, command: tuple[str, ...] = ()) -> Part:
    def launch(config: Settings) -> Launch:
        argv = [sys.executable, "-P", "-m", "millwright", *(command or (name, "run"))]
        return Launch(argv, env=of_platform(config), cwd=config.state_dir.absolute())

    def ready(config: Settings, since: float) -> bool:
        return time.time() - since > _SESSION_SECONDS and consumes(config, group(config))

    return Part(name, launch, address=lambda config: config.kafka, needs=needs, ready=ready)


def consumes(config: Settings, group: str) -> bool:
    """Whether a consumer group has a member and its partitions are shared out."""
    from confluent_kafka import ConsumerGroupState, KafkaException
    from confluent_kafka.admin import AdminClient

    if not kafka.ready(config, 0):
        return False
    client = AdminClient({"bootstrap.servers": config.kafka, "log_level": 0})
    try:
        about = client.describe_consumer_groups([group], request_timeout=5)[group].result(6)
    except KafkaException:
        return False
    return bool(about.members) and about.state == ConsumerGroupState.STABLE


def _someone_to_tell(config: Settings) -> bool:
    return bool(config.alert_webhook_url or config.smtp_host or config.alert_email_to)


# The consumer group of the first way that is configured (streaming/alerts/notify.py).
def _notify_group(config: Settings) -> str:
    return f"millwright-notify-{'webhook' if config.alert_webhook_url else 'mail'}"


SERVICES = [
    _service("sink", lambda config: config.sink_group, "topics", "schemas"),
    _service("alerts", lambda config: "millwright-alerts", "topics", "schemas", "reference"),
    dataclasses.replace(
        _service("notify", _notify_group, "topics", "schemas", command=("alerts", "notify")), wanted=_someone_to_tell
    ),
    _service("analytics", lambda config: "millwright-analytics", "topics", "schemas"),
]
