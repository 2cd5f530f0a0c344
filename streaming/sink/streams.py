"""The streams' contracts as the sink uses them, held against the registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from millwright.contracts import Contract, contracts
from millwright.errors import MillwrightError
from millwright.registry import Registered, Registry


@dataclass(frozen=True)
class Stream:
    """What the sink knows of a stream: the contract, and the registry's id of its schema."""

    contract: Contract
    schema_id: int


class Streams:
    """Contracts by topic, each the registry's newest.

    Raises MillwrightError when the registry knows a newer one, or refuses this; Unavailable when it does not answer.
    """

    def __init__(self, topics: Iterable[str], registry: Registry | None = None) -> None:
        self._registry = registry or Registry()
        self._streams = {topic: self._newest(topic) for topic in topics}

    @property
    def topics(self) -> list[str]:
        return list(self._streams)

    def knowing(self, topic: str, ids: set[int]) -> tuple[Stream, Mapping[int, Registered]]:
        """A topic's stream, and its schemas among these ids.

        A schema that is newer than the contract in use has the contracts read again. Raises MillwrightError when they
        too are older; Unavailable when an id is not known here and the registry does not answer.
        """
        stream = self._streams[topic]
        known = self._registry.schemas(stream.contract.subject, ids | {stream.schema_id})
        newest = known[stream.schema_id].version
        if any(schema.version > newest for schema in known.values()):
            contracts.cache_clear()
            stream = self._streams[topic] = self._newest(topic)
        return stream, known

    def _newest(self, topic: str) -> Stream:
        contract = _of_topic(topic)
        schema_id = self._registry.register(contract)
        latest = self._registry.latest(contract.subject)
        if latest is None or latest.schema_id != schema_id:
            version = latest.version if latest else 0
            raise MillwrightError(
                f"The contract {contract.stream} is older than the registry's newest (version {version} of "
                f"{contract.subject}): newer fields would be lost.",
                "Bring the contracts here up to date, then start the sink again.",
            )
        return Stream(contract, schema_id)


def _of_topic(topic: str) -> Contract:
    for contract in contracts().values():
        if contract.topic == topic:
            return contract
    known = ", ".join(contract.topic for contract in contracts().values())
    raise MillwrightError(f"No contract has the topic {topic!r}; there are {known}.")
