"""A silver table: Delta, in parts of event time, whose own transaction state says how far bronze has been read."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from millwright.contracts import TIMESTAMP, Contract
from millwright.errors import Unavailable
from millwright.silver_position import SAID, positions, transaction_name
from spark_jobs import delta_log
from spark_jobs.delta import address, lake_answers, opened, options
from spark_jobs.parts import DAY, Part, midnight
from spark_jobs.silver_files import EVENT_DATE, between, scanner, silver_schema, write

_KEPT_HOURS = 7 * 24  # a reader of an older version, and Delta's own least
_CHECKPOINT_EVERY = 10  # commits; a log of 100 files is 100 requests to a bucket


class Overtaken(Unavailable):
    """Another run has committed first."""


class Silver:
    """One version of a stream's silver table, one row per `unique`.

    `commit` and `replace` commit on top of exactly this version (compare-and-set): when another run has committed
    since, they raise Overtaken and nothing is written. After them, this object stands for the new version.
    """

    def __init__(self, contract: Contract, table: DeltaTable) -> None:
        self.contract = contract
        self._table = table
        self._vector: dict[int, int] | None = None
        self._parts: list[Part] | None = None
        self._app = transaction_name(contract.topic)

    @classmethod
    def find(cls, contract: Contract, version: int | None = None) -> Self | None:
        """The table at a version (its newest unless told), or None when it, or the version, is not there."""
        try:
            return cls(contract, opened(contract.table, version))
        except TableNotFoundError:
            return None
        except DeltaError:
            if version is None:
                raise
            return None  # cleaned away, or of a table that was made anew since

    @classmethod
    def open(cls, contract: Contract) -> Self:
        """The table at its newest version; made empty when there is none."""
        found = cls.find(contract)
        if found is not None:
            return found
        try:
            with lake_answers():
                table = DeltaTable.create(
                    address(contract.table),
                    schema=silver_schema(contract),
                    partition_by=[EVENT_DATE],
                    mode="error",
                    configuration={"delta.checkpointInterval": str(_CHECKPOINT_EVERY)},
                    storage_options=options(),
                )
        except DeltaError:  # another run made it first
            table = opened(contract.table)
        return cls(contract, table)

    @property
    def uri(self) -> str:
        return str(self._table.table_uri)

    @property
    def version(self) -> int:
        return int(self._table.version())

    @property
    def table_id(self) -> str:
        """What tells this table from one made anew in its place."""
        return str(self._table.metadata().id)

    @lake_answers()
    def vector(self) -> dict[int, int]:
        """How far bronze is in this table: the next offset of each partition of the topic that has any.

        ~partition is the next number of its mended records.
        """
        if self._vector is None:  # each number is looked for in the whole log: in a bucket, request by request
            self._vector = positions(self._table, self.contract.topic)
        return dict(self._vector)

    @property
    def is_begun(self) -> bool:
        """Whether it has a vector; one without is being filled anew, and is no word on what bronze holds."""
        told = self._table.transaction_version(self._app)  # of a stream the number of partitions known
        return told is not None if self.contract.computed else bool(told)

    def parts(self) -> list[Part]:
        """The table's files, by event time."""
        if self._parts is None:
            with lake_answers():
                actions = pa.table(self._table.get_add_actions(flatten=True))
            columns = ["path", "size_bytes", "num_records", f"partition.{EVENT_DATE}"]
            found = [Part.of(action, EVENT_DATE) for action in actions.select(columns).to_pylist()]
            self._parts = sorted(found, key=lambda part: (part.first, part.last, part.path))
        return list(self._parts)

    def path(self, part: Part) -> str:
        """Where Spark finds a part."""
        root = self._table.table_uri.rstrip("/").removeprefix("file://")
        return f"{root}/{part.path}"

    def files(self) -> dict[dt.date, list[str]]:
        """Paths of the table's Parquet files by event date."""
        found: dict[dt.date, list[str]] = defaultdict(list)
        for part in self.parts():
            found[part.date].append(self.path(part))
        return dict(found)

    def rows_by_date(self) -> dict[dt.date, int]:
        """Rows by event date, from the log alone."""
        found: dict[dt.date, int] = defaultdict(int)
        for part in self.parts():
            found[part.date] += part.rows
        return dict(found)

    def read(self, dates: Iterable[dt.date], columns: pa.Schema) -> pa.RecordBatchReader:
        """The rows of these dates as a stream; a column that the table does not have yet is null."""
        return self.read_spans([(midnight(date), midnight(date) + DAY - 1) for date in sorted(dates)], columns)

    @lake_answers()
    def read_spans(self, spans: Iterable[tuple[int, int]], columns: pa.Schema) -> pa.RecordBatchReader:
        """The rows with an event time in these spans (µs since 1970, both ends included), as `read` gives them."""
        parts = self.parts()
        chosen = [(span, [p for p in parts if p.first <= span[1] and p.last >= span[0]]) for span in spans]

        def batches() -> Iterator[pa.RecordBatch]:
            for (first, last), there in chosen:
                found = scanner(self.contract, self._table, there, columns, between(self.contract, first, last))
                yield from found.to_batches() if found else ()

        return pa.RecordBatchReader.from_batches(columns, batches())

    @lake_answers()
    def scan(self, parts: Collection[Part], names: Sequence[str], since: int, keys: pa.Array | None) -> pa.Table:
        """Rows of these parts, in some columns, with an event time after `since` (µs) and one of these keys (None:
        any)."""
        wanted = pc.field(self.contract.event_time) > pa.scalar(max(since, midnight(dt.date(1, 1, 1))), TIMESTAMP)
        if keys is not None:
            wanted &= pc.field(self.contract.key).isin(keys)
        whole = silver_schema(self.contract)
        columns = pa.schema([whole.field(name) for name in names])
        found = scanner(self.contract, self._table, parts, columns, wanted)
        return found.to_table() if found else columns.empty_table()

    def commit(
        self,
        removed: Collection[Part],
        rows: pa.Table,
        next_offsets: Mapping[int, int],
        said: Mapping[str, int | None] | None = None,
    ) -> None:
        """Put `rows` (columns of `silver_schema`) in the place of these parts and move the vector, in one commit.

        `said` is what the commit's log entry tells of it (SilverCommit). Raises Overtaken when another run has
        committed since this version.
        """
        # How many partitions are known, so that their numbers need not be guessed. ~p: a partition's mended records.
        vector = self.vector()
        partitions = (max(p, ~p) for p in (*vector, *next_offsets))
        state = {self._app: max(partitions, default=-1) + 1}
        state |= {f"{self._app}/{partition}": offset for partition, offset in next_offsets.items()}
        version = self._commit(removed, rows, state, {} if said is None else {SAID: json.dumps(said)})
        # Another run may have committed on top of this one before we looked.
        self._vector = {**vector, **next_offsets} if self.version == version else None

    def _commit(
        self, removed: Collection[Part], rows: pa.Table, state: Mapping[str, int], told: Mapping[str, str] | None = None
    ) -> int:
        """Commit rows and transactions on this version, and what its log entry tells; returns the next.

        Raises Overtaken.
        """
        with lake_answers():
            self._widen()
            kept = [part for part in self.parts() if part not in set(removed)]
            added = write(self.contract, rows, kept)
        version = self.version + 1
        if not delta_log.commit(self.contract.table, version, removed, added, state, told or {}):
            raise _overtaken(self.contract)
        with lake_answers():
            self._table.update_incremental()
            if version % _CHECKPOINT_EVERY == 0:
                opened(self.contract.table, version).create_checkpoint()
        self._parts = None
        return version

    def replace(self, dates: Collection[dt.date], rows: pa.Table, next_offsets: Mapping[int, int]) -> None:
        """Replace whole event dates, as `commit` does. Raises ValueError for rows of other dates."""
        if stray := set(rows[EVENT_DATE].unique().to_pylist()) - set(dates):
            raise ValueError(f"rows of {sorted(stray)} among those that replace other dates")
        self.commit([part for part in self.parts() if part.date in set(dates)], rows, next_offsets)

    @lake_answers()
    def sweep(self) -> int:
        """Remove the files that no version of the last week holds, such as those of runs that were killed.

        Returns how many.
        """
        return len(self._table.vacuum(_KEPT_HOURS, dry_run=False, full=True))

    def _widen(self) -> None:
        """Add the contract's new fields to the table, as a commit of its own."""
        there = set(pa.schema(self._table.schema()).names)
        if new := [field for field in silver_schema(self.contract) if field.name not in there]:
            version, vector = self.version, self.vector()
            try:
                self._table.alter.add_columns(DeltaSchema.from_arrow(pa.schema(new)).fields)
            except CommitFailedError as error:
                raise _overtaken(self.contract) from error
            self._table.update_incremental()
            if self.version != version + 1:
                raise _overtaken(self.contract)
            self._vector = vector


def changed_dates(old: Silver, new: Silver) -> set[dt.date]:
    """The event dates whose files are not the same in two versions of a table."""
    before, after = old.files(), new.files()
    return {date for date in before.keys() | after.keys() if set(before.get(date, ())) != set(after.get(date, ()))}


def runs(dates: Iterable[dt.date]) -> list[tuple[dt.date, dt.date]]:
    """Dates as spans without gaps, first and last included: a long history is one span, not a thousand dates."""
    spans: list[tuple[dt.date, dt.date]] = []
    for date in sorted(set(dates)):
        if spans and date - spans[-1][1] == dt.timedelta(days=1):
            spans[-1] = (spans[-1][0], date)
        else:
            spans.append((date, date))
    return spans


def _overtaken(contract: Contract) -> Overtaken:
    return Overtaken(
        f"Another run has cleansed {contract.stream} meanwhile, so this one wrote nothing.",
        f"Run `millwright cleanse {contract.stream}` again.",
    )
