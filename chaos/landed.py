"""What the lake holds of a topic, read by Avro libraries and checksums alone, and what is wrong with its chain."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Iterator

import fastavro

from chaos.account import Landed
from millwright import bronze
from millwright.contracts import Contract
from millwright.errors import MillwrightError
from millwright.lake import BronzeFile, header_of, links, list_bronze, partitions
from millwright.lake.files import bronze_file
from millwright.store import Store, lake_store
from streaming.lake_care.care import verify


def read_lake(spec: Contract, dropped: Iterable[tuple[Store, BronzeFile]] = ()) -> tuple[list[Landed], list[str]]:
    """Every record in bronze and quarantine, and the chain's faults as sentences, those of `lake verify` among them.

    `dropped` is what retention has dropped, each file with the store that still has it. Where the chain is broken, what
    is read is every bronze file that counts by itself.
    """
    store, landed, faults = lake_store(), list[Landed](), list[str]()
    try:
        files = list_bronze(spec.topic)
    except MillwrightError as error:
        faults.append(error.message)
        files = list(_all_files(store, spec.topic, faults))
    for keeper, file in [*dropped, *((store, file) for file in files)]:
        try:
            landed += [*_accepted(keeper, spec, file), *_rejected(keeper, file)]
        except MillwrightError as error:
            faults.append(error.message)
    damages = (damage for each in verify([spec.topic]) for damage in each.damages)
    return landed, [*faults, *(f"{damage.key}: {damage.what}" for damage in damages)]


def _all_files(store: Store, topic: str, faults: list[str]) -> Iterator[BronzeFile]:
    for partition in partitions(store, topic):
        for link in links(store, topic, partition):
            try:
                header = header_of(store, link)
            except MillwrightError as error:
                faults.append(error.message)
                continue
            if header.gap is None:
                yield bronze_file(store, link, header)


def _accepted(store: Store, spec: Contract, file: BronzeFile) -> Iterator[Landed]:
    data = _read(store, file.key)
    bronze.verify(data, file.key)
    schema = fastavro.parse_schema(spec.avro)
    for row in bronze.read(data):
        body = io.BytesIO()
        fastavro.schemaless_writer(body, schema, row)
        yield Landed((row["_partition"], row["_offset"]), file.key, None, None, body.getvalue())


def _rejected(store: Store, file: BronzeFile) -> Iterator[Landed]:
    named = Counter[str]()
    for each in file.quarantined:
        named.update(each.records)
        data = _read(store, each.key)
        if hashlib.sha256(data).hexdigest() != each.sha256:
            raise MillwrightError(f"{each.key} has not the checksum that {file.key} names.")
        rows = list(fastavro.reader(io.BytesIO(data)))
        if Counter(row["reason"] for row in rows) != each.records:
            raise MillwrightError(f"{each.key} does not hold the records that {file.key} counts.")
        for row in rows:
            yield Landed((file.partition, row["offset"]), each.key, row["reason"], row["key"], row["value"])
    if named != file.rejected:
        raise MillwrightError(f"{file.key} counts rejected records that no quarantine object holds.")


def _read(store: Store, key: str) -> bytes:
    if (data := store.read(key)) is None:
        raise MillwrightError(f"{key} is gone, which the chain names.")
    return data
