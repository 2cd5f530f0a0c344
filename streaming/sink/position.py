"""Where a partition's worker goes on: at the end of the lake's chain, if Kafka still has what comes after it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from millwright.errors import MillwrightError
from millwright.lake import (
    Genesis,
    chain_end,
    create_gap,
    create_genesis,
    partition_folder,
    read_genesis,
    settle_end,
)
from millwright.store import Store
from streaming.sink import metrics

log = logging.getLogger(__name__)

Partition = tuple[str, int]  # topic, partition


@dataclass(frozen=True)
class Log:
    """A partition as Kafka has it: committed records from `low` up to, not including, `high`."""

    topic_id: str
    low: int
    high: int


@dataclass(frozen=True)
class Chain:
    """A partition as the lake has it; both None when nothing of it has been landed."""

    genesis: Genesis | None
    end: int | None


Look = Callable[[Iterable[Partition]], dict[Partition, Log]]


def read_chain(store: Store, partition: Partition) -> Chain:
    return Chain(read_genesis(store, *partition), chain_end(store, *partition))


def place(partition: Partition, chain: Chain, kafka: Log) -> int:
    """Where the partition's chain goes on. Less than `kafka.low`: Kafka dropped records that had not been landed.

    `kafka` has to be looked at after `chain`, or a record that another worker lands in between looks like a lost one.
    Raises MillwrightError when the topic is not the one that the chain was begun with, or its log ends before it.
    """
    topic, number = partition
    if chain.genesis is None or chain.end is None:
        return kafka.low
    if chain.genesis.topic_id != kafka.topic_id:
        raise MillwrightError(
            f"The topic {topic} was deleted and made anew: it is not the one whose records the lake has.",
            f"Move the folder bronze/{topic} out of the lake, with the silver table made of it; the sink then begins "
            "at the topic's first record.",
        )
    if chain.end > kafka.high:
        raise MillwrightError(
            f"Kafka has lost records that were landed: {partition_folder(topic, number)} ends at offset {chain.end}, "
            f"Kafka's log of {topic} at {kafka.high}.",
            f"New records would take old offsets: make the topic {topic} anew, and move bronze/{topic} out of the "
            "lake, with the silver table made of it.",
        )
    return chain.end


def resume(store: Store, partitions: Iterable[Partition], look: Look) -> dict[Partition, int]:
    """The offset at which each partition goes on. Chains that have not begun are begun.

    What Kafka dropped before it was landed becomes a gap record and an error in the log. Raises as `place` does.
    """
    chains = {partition: read_chain(store, partition) for partition in partitions}
    if new := [partition for partition, chain in chains.items() if chain.genesis is None]:
        for partition, kafka in look(new).items():
            create_genesis(store, *partition, Genesis(kafka.topic_id, kafka.low))
            chains[partition] = read_chain(store, partition)
    logs = look(chains)
    found = {}
    for partition, chain in chains.items():
        at = place(partition, chain, logs[partition])
        settle_end(store, *partition)
        found[partition] = at if at >= logs[partition].low else _record_loss(store, partition, logs[partition].low)
    return found


def _record_loss(store: Store, partition: Partition, low: int) -> int:
    """Lengthen a chain up to `low` by a gap record, unless somebody lengthens it first; where it ends then."""
    topic, number = partition
    while True:
        end = chain_end(store, *partition)
        assert end is not None, "only a chain that has begun can have lost anything"
        if end >= low:
            return end
        reason = "Kafka dropped these records before they were landed (retention)."
        if create_gap(store, topic, number, end, low, reason):
            metrics.gap(topic, low - end)
            log.error("%s/%d: offsets %d to %d are lost. %s", topic, number, end, low - 1, reason)
