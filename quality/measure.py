"""Measuring: what has come to bronze and silver since the last run is counted, and nothing is read twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka.admin import OffsetSpec

from millwright.contracts import Contract, contract, contracts
from millwright.failpoints import failpoint
from millwright.lake import BronzeFile, chain_end, list_bronze, list_repaired, read_genesis
from millwright.silver_position import commits
from millwright.store import Store, lake_store
from millwright.tables import migrate
from millwright.topics import describe, offsets_at
from millwright.warehouse import session
from quality import ledger
from quality.bronze_counts import count_file, floors
from quality.counts import Counts

_BATCH_RECORDS = 2_000_000  # of one transaction: what a run that is killed has to count again


@dataclass(frozen=True)
class Measured:
    """What one run counted of a stream. `unmeasured`: offsets that retention dropped before they were counted."""

    stream: str
    files: int = 0
    accepted: int = 0
    rejected: int = 0
    unmeasured: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure(streams: Iterable[str] = ()) -> list[Measured]:
    """Count what is new in the lake, of all streams unless told; run again, it changes no row.

    Each commit moves the stream's position with its rows. Raises MillwrightError when another run measures, or for a
    lake that is damaged; Unavailable without warehouse or lake.
    """
    migrate()
    chosen = [contract(stream) for stream in streams] or list(contracts().values())
    found = [_stream(spec) for spec in chosen]
    for spec in chosen:
        _silver(spec)
    _fill()
    return found


def _stream(spec: Contract) -> Measured:
    store, found = lake_store(), Measured(spec.stream)
    while True:
        with session() as connection, connection.cursor() as cursor:
            ledger.lock(cursor)
            before = ledger.positions(cursor, spec.stream)
            skipped = floors(store, spec.topic, before)
            position = before | skipped
            # Of records that lie nowhere any more nothing can be told but how many there were.
            unmeasured = sum(floor - before[partition] for partition, floor in skipped.items())
            files, more = _batch([*list_bronze(spec.topic, position), *list_repaired(spec.topic, position)])
            if not files and not skipped:
                return found
            counts, machines = Counts(), ledger.machines(cursor, spec)
            for file in files:
                _lost(store, file, position, counts)
                count_file(store, spec, file, counts, machines)
                position[file.partition] = file.next_offset
            run_id = ledger.new_run(cursor, spec.stream, len(files), counts, unmeasured)
            ledger.add(cursor, spec, counts, machines, run_id)
            ledger.move(cursor, spec.stream, position)
            failpoint("quality.before_commit")
        failpoint("quality.after_commit")
        hours = counts.hours.values()
        found = Measured(
            stream=spec.stream,
            files=found.files + len(files),
            accepted=found.accepted + sum(hour.accepted for hour in hours),
            rejected=found.rejected + sum(hour.rejected.total() for hour in hours),
            unmeasured=found.unmeasured + unmeasured,
        )
        if not more:
            return found


def _batch(files: list[BronzeFile]) -> tuple[list[BronzeFile], bool]:
    """The first files, with so many records; and whether there are more."""
    records = 0
    for number, file in enumerate(files):
        records += file.accepted
        if records > _BATCH_RECORDS and number:
            return files[:number], True
    return files, False


def _lost(store: Store, file: BronzeFile, position: dict[int, int], counts: Counts) -> None:
    """Count the offsets between a file and the one before it: the recorded gaps, which nothing will ever fill."""
    if file.partition < 0:
        return
    begins = position.get(file.partition)
    if begins is None:
        genesis = read_genesis(store, file.topic, file.partition)
        begins = genesis.first_offset if genesis is not None else file.first_offset
        # Retention may have raised the beginning already; what it dropped is not lost, only never counted.
        begins = max(begins, floors(store, file.topic, {file.partition: -1}).get(file.partition, begins))
    if file.first_offset > begins and file.append_min is not None:
        counts.hour(file.append_min).lost += file.first_offset - begins


def _silver(spec: Contract) -> None:
    """Take over what the commits of the stream's silver table say that they did."""
    with session() as connection, connection.cursor() as cursor:
        ledger.lock(cursor)
        cursor.execute(
            "select silver_id, max(version) from platform.silver_commits where stream = %s group by 1", (spec.stream,)
        )
        known: tuple[str | None, int] = cursor.fetchone() or (None, -1)
        silver_id, new = commits(spec, *known)
        if not new and known[0] in (None, silver_id):
            return
        run_id = ledger.new_run(cursor, spec.stream, 0, Counts())
        if silver_id != known[0]:  # made anew: it tells everything once more
            ledger.drop_commits(cursor, spec.stream, run_id)
        ledger.add_commits(cursor, spec.stream, str(silver_id), new, run_id)


def _fill() -> None:
    """Bring all streams to the same hour, that of the newest record of any: in the hours between nothing came."""
    with session() as connection, connection.cursor() as cursor:
        ledger.lock(cursor)
        cursor.execute("select max(newest_append_time) from platform.quality_machines")
        [newest] = cursor.fetchone() or (None,)
        if newest is None:
            return
        until: datetime = newest.replace(minute=0, second=0, microsecond=0)
        cursor.execute(
            "select stream from platform.quality_hours group by 1 having max(hour) <= %s",
            (until - timedelta(hours=1),),
        )
        for (stream,) in cursor.fetchall():
            ledger.fill_hours(cursor, stream, until, ledger.new_run(cursor, stream, 0, Counts()))


def ask_lag() -> None:
    """Ask Kafka what it has of each stream and the lake has not. Raises Unavailable without broker or warehouse."""
    store, chosen = lake_store(), list(contracts().values())
    known = describe(*(spec.topic for spec in chosen))
    places = [(topic, number) for topic, found in known.items() for number in range(found.partitions)]
    low, high = offsets_at(places, OffsetSpec.earliest()), offsets_at(places, OffsetSpec.latest())
    with session() as connection, connection.cursor() as cursor:
        for spec in chosen:
            if spec.topic not in known:
                continue
            lag = 0
            for place in (place for place in places if place[0] == spec.topic):
                end = chain_end(store, *place)
                lag += max(0, high[place] - (low[place] if end is None else end))
            cursor.execute(
                "insert into platform.quality_lag values (%s, %s, %s) on conflict (stream) do update"
                " set lag_records = excluded.lag_records, asked_at = excluded.asked_at",
                (spec.stream, lag, datetime.now(UTC)),
            )
