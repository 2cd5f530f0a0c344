"""How the streams flow: what comes, what lands, and what has not landed yet. The lake is the truth, whoever runs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka.admin import OffsetSpec

from infra.local import kafka
from millwright.contracts import contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.lake import chain_end, list_bronze, partitions
from millwright.settings import Settings
from millwright.store import lake_store
from millwright.topics import describe, offsets_at

_RATE_SECONDS = 60.0  # records that come are counted over the last minute
# Landing is told from an earlier look: one that is old enough for several files to have rolled since, if there is one.
_LANDED_SECONDS = (30.0, 600.0)
_SAMPLES = 60
_THREADS = 8

Place = tuple[str, int]  # topic, partition


@dataclass(frozen=True)
class Flow:
    """A stream's flow. None is not known: without Kafka what comes and the lag, at the first look what lands."""

    topic: str
    sent_per_second: float | None
    landed_per_second: float | None
    lag: int | None  # records that Kafka has and the lake has not
    accepted: int
    quarantined: int
    landed_until: float | None  # when Kafka took the newest record that has landed, seconds since 1970

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


@dataclass
class Landed:
    """What the lake has of a topic. `ends` are where its chains end, by partition."""

    ends: dict[int, int] = field(default_factory=dict)
    accepted: int = 0
    quarantined: int = 0
    until: float | None = None

    def read_on(self, topic: str) -> Landed:
        """The same, with the files that have come since. Raises MillwrightError for a chain that is broken."""
        store = lake_store()
        found = Landed(dict(self.ends), self.accepted, self.quarantined, self.until)
        for file in list_bronze(topic, self.ends):
            found.ends[file.partition] = file.next_offset
            found.accepted += file.accepted
            found.quarantined += sum(file.rejected.values())
            found.until = max(found.until or 0.0, (file.append_max or 0) / 1000) or None
        for partition in partitions(store, topic):  # a chain may end with a gap, or have begun and hold nothing
            if (end := chain_end(store, topic, partition)) is not None:
                found.ends[partition] = max(end, found.ends.get(partition, 0))
        return found


class Streams:
    """Looks at all streams, time after time; each look reads only what has landed since the one before."""

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._landed: dict[str, Landed] = {}
        self._kept: Path = config.state_dir / "run" / "landed.json"
        self._samples: list[tuple[float, dict[str, int]]] = _read(self._kept)

    def look(self) -> list[Flow]:
        """Every stream as it is now. Raises MillwrightError when the lake cannot be read."""
        topics = [contract.topic for contract in contracts().values()]
        with ThreadPoolExecutor(_THREADS) as pool:
            self._landed = dict(zip(topics, pool.map(self._read_on, topics), strict=True))
        now = time.time()
        landed = {topic: sum(found.ends.values()) for topic, found in self._landed.items()}
        rates = landed_per_second(self._samples, now, landed)
        self._samples = [*self._samples, (now, landed)][-_SAMPLES:]
        self._keep()
        comes, lags = self._ask_kafka(topics, now)
        return [
            Flow(
                topic,
                comes.get(topic),
                rates.get(topic),
                lags.get(topic),
                found.accepted,
                found.quarantined,
                found.until,
            )
            for topic, found in self._landed.items()
        ]

    def _read_on(self, topic: str) -> Landed:
        before = self._landed.get(topic, Landed())
        try:
            return before.read_on(topic)
        except MillwrightError:
            if not before.ends:
                raise
            return Landed().read_on(topic)  # compacted, expired or moved away meanwhile: from the beginning

    def _ask_kafka(self, topics: list[str], now: float) -> tuple[dict[str, float], dict[str, int]]:
        """What comes, in records a second, and lags, by topic; none when Kafka does not answer."""
        comes, lags = dict[str, float](), dict[str, int]()
        if not kafka.ready(self._config, 0):
            return comes, lags
        with suppress(Unavailable):
            known = describe(*topics)
            places = [(name, number) for name, topic in known.items() for number in range(topic.partitions)]
            low, high = offsets_at(places, OffsetSpec.earliest()), offsets_at(places, OffsetSpec.latest())
            then = offsets_at(places, OffsetSpec.for_timestamp(round((now - _RATE_SECONDS) * 1000)))
            for place in places:
                topic, number = place
                came = high[place] - then[place] if then[place] >= 0 else 0
                comes[topic] = comes.get(topic, 0.0) + came / _RATE_SECONDS
                end = self._landed[topic].ends.get(number, low[place])
                lags[topic] = lags.get(topic, 0) + max(0, high[place] - end)
        return comes, lags

    def _keep(self) -> None:
        if self._kept.parent.is_dir():
            beside = self._kept.with_suffix(".new")
            beside.write_text(json.dumps(self._samples))
            beside.replace(self._kept)


def landed_per_second(
    samples: list[tuple[float, dict[str, int]]], now: float, landed: Mapping[str, int]
) -> dict[str, float]:
    """Rates by topic since an earlier look (time, landed by topic).

    That is the newest of those that are half a minute old, else the oldest; what is older than ten minutes is not used.
    """
    young, old = (now - seconds for seconds in _LANDED_SECONDS)
    fit = [sample for sample in samples if old <= sample[0] <= now - 1.0]
    if not fit:
        return {}
    then, before = next((sample for sample in reversed(fit) if sample[0] <= young), fit[0])
    return {topic: max(0, end - before[topic]) / (now - then) for topic, end in landed.items() if topic in before}


def _read(path: Path) -> list[tuple[float, dict[str, int]]]:
    try:
        return [(float(at), dict(landed)) for at, landed in json.loads(path.read_text())]
    except (OSError, ValueError, TypeError):
        return []
