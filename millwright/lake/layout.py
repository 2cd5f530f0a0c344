"""Where in the lake each object lies.

```
bronze/<topic>/p=<partition>/genesis.json                  where the chain begins
                             <start>.avro                  a range as the sink published it, or a recorded gap
                             manifest/<version>.json       what compaction has replaced, what retention has dropped
                             compacted/<start>-<unique>.avro
                             repaired/<number>.avro        mended records, from quarantine
quarantine/<topic>/p=<partition>/date=<day>/<start>-<unique>.avro
```
A published file's name depends on its start alone, so that of two that begin at one offset the second is refused,
whatever they hold. Earlier lakes have `date=<day>/<start>.avro` and `<start>.gap.json`; they are read like the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from millwright.store import Store

_DIGITS = 20
_FILE, OLD_GAP = ".avro", ".gap.json"
_LINK = re.compile(rf"(\d{{{_DIGITS}}})({_FILE}|{OLD_GAP})".replace(".", r"\."))


def partition_folder(topic: str, partition: int) -> str:
    return f"bronze/{topic}/p={partition}"


def genesis_key(topic: str, partition: int) -> str:
    return f"{partition_folder(topic, partition)}/genesis.json"


def bronze_key(topic: str, partition: int, start: int) -> str:
    """The name of the file or the gap that begins at this offset: one for whoever writes it, and whatever it holds."""
    return f"{partition_folder(topic, partition)}/{start:0{_DIGITS}d}{_FILE}"


def manifest_folder(topic: str, partition: int) -> str:
    return f"{partition_folder(topic, partition)}/manifest"


def manifest_key(topic: str, partition: int, version: int) -> str:
    return f"{manifest_folder(topic, partition)}/{version:0{_DIGITS}d}.json"


def compacted_folder(topic: str, partition: int) -> str:
    return f"{partition_folder(topic, partition)}/compacted"


def compacted_key(topic: str, partition: int, start: int, unique: str) -> str:
    return f"{compacted_folder(topic, partition)}/{start:0{_DIGITS}d}-{unique}{_FILE}"


def repaired_folder(topic: str, partition: int) -> str:
    return f"{partition_folder(topic, partition)}/repaired"


def repaired_key(topic: str, partition: int, number: int) -> str:
    return f"{repaired_folder(topic, partition)}/{number:0{_DIGITS}d}{_FILE}"


def quarantine_folder(topic: str, partition: int) -> str:
    return f"quarantine/{topic}/p={partition}"


def quarantine_key(topic: str, partition: int, first_append_ms: int, start: int, unique: str) -> str:
    day = datetime.fromtimestamp(first_append_ms / 1000, UTC).date().isoformat()
    return f"{quarantine_folder(topic, partition)}/date={day}/{start:0{_DIGITS}d}-{unique}{_FILE}"


def start_of(key: str) -> int:
    """The offset, or the number, that an object's name begins with."""
    return int(key.rpartition("/")[2][:_DIGITS])


def published(store: Store, topic: str, partition: int) -> Iterator[str]:
    """The keys of all that was published in a partition and lies there still, replaced or not."""
    folder = partition_folder(topic, partition)
    names = store.names(folder)
    by_date = (
        f"{date}/{name}" for date in names if date.startswith("date=") for name in store.names(f"{folder}/{date}")
    )
    for name in (*by_date, *names):
        if _LINK.fullmatch(name.rpartition("/")[2]):
            yield f"{folder}/{name}"


def dated(store: Store, folder: str) -> Iterator[str]:
    """The keys of the objects in the `date=` folders of a folder."""
    for date in store.names(folder):
        for name in store.names(f"{folder}/{date}"):
            yield f"{folder}/{date}/{name}"
