"""Is the lake whole, and does it have all that Kafka has dropped?"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator

from confluent_kafka.admin import OffsetSpec

from millwright.contracts import contracts
from millwright.doctor import Check, Finding
from millwright.doctor.streams import require_broker
from millwright.lake import chain_end, partitions
from millwright.store import lake_store
from millwright.topics import describe, offsets_at
from streaming.lake_care.verify import verify_partition

_CONTENT_HOURS = 1.0  # content of older files is read by `millwright lake verify`, which takes its time


def chains() -> Iterator[Finding]:
    """Every offset is in one file or a recorded gap; the content of the last hour's files is what they say."""
    store, since = lake_store(), round((time.time() - _CONTENT_HOURS * 3600) * 1000)
    for contract in contracts().values():
        for partition in partitions(store, contract.topic):
            found = verify_partition(store, contract.topic, partition, since)
            for damage in found.damages[:3]:
                problem = f"{damage.key}: {damage.what}."
                yield Finding(problem, damage.remedy, f"millwright lake verify --stream {contract.stream}")


def lost_by_kafka(topics: Collection[str] = ()) -> Iterator[Finding]:
    """Kafka still has whatever the lake's chains go on with."""
    require_broker()
    store = lake_store()
    there = describe(*(topics or [contract.topic for contract in contracts().values()]))
    places = [(topic.name, number) for topic in there.values() for number in range(topic.partitions)]
    lowest, highest = offsets_at(places, OffsetSpec.earliest()), offsets_at(places, OffsetSpec.latest())
    for place in places:
        end = chain_end(store, *place)
        if end is None:
            continue
        if end < lowest[place]:
            problem = (
                f"Kafka has dropped offsets {end} to {lowest[place] - 1} of {place[0]}/{place[1]} before they landed."
            )
            remedy = "Start the sink, which records the gap and goes on; keep records longer or land them sooner."
            yield Finding(problem, remedy, "millwright up --only sink; millwright logs sink")
        elif end > highest[place]:
            problem = f"The lake has {place[0]}/{place[1]} up to {end - 1}, and Kafka ends at {highest[place] - 1}."
            remedy = "The topic was made anew, or this lake belongs to another Kafka: see what the sink says."
            yield Finding(problem, remedy, "millwright logs sink")


CHECKS = [
    Check("chain of offsets", "each record in one file of the lake", chains),
    Check("lake against Kafka", "nothing dropped that has not landed", lost_by_kafka),
]
