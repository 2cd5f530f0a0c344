"""A plant to measure with: every machine is read once a minute; into bronze or into silver."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from millwright import bronze
from millwright.contracts import Contract, contract
from millwright.lake import Genesis, bronze_key, create_genesis
from millwright.store import lake_store
from millwright.wire import encode
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema

STREAM = "equipment-sensors"
END = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)  # of the history; what is measured comes after it
PARTITIONS = 6
_LEVELS = (60.0, 3.0, 15_000.0, 90.0, 400.0, 60.0)
_CHUNK = 1_000_000


def names(machines: int) -> pa.Array:
    """The machines' ids."""
    return pa.array([f"press-{number:04d}" for number in range(machines)])


def readings(machines: int, first: dt.datetime, minutes: int, seed: int = 7) -> pa.Table:
    """One reading of each machine in each of these minutes, with every channel set; by time."""
    count, generator = machines * minutes, np.random.Generator(np.random.SFC64([seed, int(first.timestamp())]))
    number = np.arange(count)
    micros = int(first.timestamp() * 1e6) + number // machines * 60_000_000
    columns = {
        "equipment_id": names(machines).take(pa.array(number % machines)),
        "event_time": pa.array(micros, pa.timestamp("us", "UTC")),
    }
    for field, level in zip(contract(STREAM).channels, _LEVELS, strict=True):
        columns[field.name] = pa.array(generator.normal(level, level / 50, count))
    return pa.table(columns)


def history(machines: int, first: dt.datetime, after: dt.datetime) -> Iterator[pa.Table]:
    """Readings from `first` up to `after`, by whole days where they begin at midnight, a million or so at a time."""
    days = max(1, _CHUNK // (machines * 1440))
    while first < after:
        end = min(after, first + dt.timedelta(days=days))
        yield readings(machines, first, int((end - first).total_seconds()) // 60)
        first = end


def with_lineage(table: pa.Table, stream: str, first_offset: int = 0) -> pa.Table:
    """Rows of a stream in the columns of its silver table, with a position each; what is not given is null."""
    schema, count = silver_schema(contract(stream)), len(table)
    there = {name: table[name] for name in table.column_names}
    there |= {
        "_partition": pa.array(np.zeros(count, np.int32)),
        "_offset": pa.array(np.arange(first_offset, first_offset + count)),
        "_append_time": table["event_time"],
        "event_date": table["event_time"].cast(pa.date32()),
    }
    columns = [there.get(field.name, pa.nulls(count, field.type)) for field in schema]
    return pa.table(columns, schema.names).cast(schema)


def into_silver(parts: Iterator[pa.Table]) -> Silver:
    """Put readings of whole days into silver, as if bronze had been read up to offset 0."""
    spec, offset = contract(STREAM), 0
    silver = Silver.open(spec)
    for part in parts:
        by_machine = [(name, "ascending") for name in ("event_date", "equipment_id", "event_time")]
        rows = with_lineage(part, STREAM, offset).sort_by(by_machine)  # as cleansing writes them
        silver.replace(set(rows["event_date"].unique().to_pylist()), rows, {0: 0})
        offset += len(rows)
    return silver


def into_bronze(table: pa.Table, partition: int, start: int, records_a_file: int = 200_000) -> int:
    """Publish readings as the sink would, all in one partition; the next offset."""
    spec = contract(STREAM)
    store = lake_store()
    create_genesis(store, spec.topic, partition, Genesis("bench", 0))
    for first in range(0, len(table), records_a_file):
        part = table.slice(first, records_a_file)
        data = _file(spec, part, partition, start)
        store.create(bronze_key(spec.topic, partition, start), data, "bench")
        start += len(part)
    return start


def _file(spec: Contract, part: pa.Table, partition: int, start: int) -> bytes:
    bodies = [body for batch in encode(spec, part) for _, body in batch]
    appended = part["event_time"].cast(pa.int64()).combine_chunks().to_numpy() // 1000
    header = bronze.Header(
        topic=spec.topic,
        partition=partition,
        first_offset=start,
        next_offset=start + len(part),
        schema_id=1,
        accepted=len(part),
        rejected={},
        append_min=int(appended.min()),
        append_max=int(appended.max()),
        quarantine=None,
        quarantine_sha256=None,
    )
    records = bronze.Records(
        offsets=pa.array(np.arange(start, start + len(part))),
        append_times=pa.array(appended, pa.int64()),
        bodies=pa.array(bodies, pa.binary()),
    )
    return bronze.write(spec, header, records)
