"""The account: what Kafka holds against what the lake holds, record by record. Pure: it reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Position = tuple[int, int]  # partition, offset


@dataclass(frozen=True)
class Sent:
    """A record as Kafka holds it, and why it has to be rejected (None: it has to be accepted)."""

    key: bytes | None
    value: bytes | None
    reason: str | None


@dataclass(frozen=True)
class Landed:
    """A record as the lake holds it.

    Accepted (`reason` is None): `value` is the Avro body without the wire format's header, and `key` is not kept.
    Rejected: key and value as they came.
    """

    position: Position
    file: str
    reason: str | None
    key: bytes | None
    value: bytes | None


@dataclass
class Account:
    """What became of the records. sent = landed + quarantined + lost, when nothing is `strange`."""

    sent: int = 0
    landed: int = 0  # positions in bronze
    quarantined: int = 0  # positions in quarantine
    lost: list[Position] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)  # sentences, as all that follow
    altered: list[str] = field(default_factory=list)  # other bytes than were sent
    misjudged: list[str] = field(default_factory=list)  # accepted or rejected against what was planted
    strange: list[str] = field(default_factory=list)  # in the lake, and not in Kafka

    @property
    def is_right(self) -> bool:
        return not (self.lost or self.doubled or self.altered or self.misjudged or self.strange)


def account(sent: Mapping[Position, Sent], landed: Iterable[Landed], header_bytes: int = 5) -> Account:
    """Hold what landed against what was sent. `header_bytes` of an accepted value are not kept in the lake."""
    found, first = Account(sent=len(sent)), dict[Position, Landed]()
    for record in landed:
        if (other := first.setdefault(record.position, record)) is not record:
            found.doubled.append(f"{_named(record.position)} is in {other.file} and in {record.file}")
            continue
        if (original := sent.get(record.position)) is None:
            found.strange.append(f"{_named(record.position)} is in {record.file}, and Kafka has no such record")
            continue
        _judge(found, record, original, header_bytes)
    found.lost = sorted(sent.keys() - first.keys())
    return found


def _judge(found: Account, record: Landed, original: Sent, header_bytes: int) -> None:
    where = f"{_named(record.position)} in {record.file}"
    if record.reason is None:
        found.landed += 1
        same = original.value is not None and record.value == original.value[header_bytes:]
    else:
        found.quarantined += 1
        same = (record.key, record.value) == (original.key, original.value)
    if not same:
        found.altered.append(f"{where} has other bytes than were sent")
    if record.reason != original.reason:
        found.misjudged.append(f"{where}: {_verdict(record.reason)}, it had to be {_verdict(original.reason)}")


def _named(position: Position) -> str:
    return f"partition {position[0]}, offset {position[1]}"


def _verdict(reason: str | None) -> str:
    return f"rejected ({reason})" if reason else "accepted"
