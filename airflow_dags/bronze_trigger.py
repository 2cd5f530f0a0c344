"""Tells Airflow when the sink has published: the event that starts micro-batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseEventTrigger, TriggerEvent


class BronzeTrigger(BaseEventTrigger):  # type: ignore[misc]  # Airflow is not typed
    """Runs in the triggerer, and fires when the sink's positions have moved; an idle plant's do not.

    They are asked of Kafka, one request a time for all topics, so that a bucket need not be listed. What is published
    between two looks is one event. When Kafka is away it goes on asking: the next event makes good the one that was
    missed, and the hourly run makes good all. `seconds` is the time between two looks.
    """

    def __init__(self, seconds: float = 3.0) -> None:
        super().__init__()
        self.seconds = seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As Airflow keeps it: the class and its arguments."""
        return "airflow_dags.bronze_trigger.BronzeTrigger", {"seconds": self.seconds}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Fires at once, for nobody knows what was published before, and then whenever something is."""
        from millwright.errors import MillwrightError
        from streaming.sink.broker import published

        seen: dict[Any, int] | None = None
        while True:
            try:
                positions = await asyncio.to_thread(published)
            except MillwrightError as error:
                self.log.warning("%s", error)
            else:
                if positions and positions != seen:
                    seen = positions
                    yield TriggerEvent({"records": sum(positions.values())})
            await asyncio.sleep(self.seconds)
