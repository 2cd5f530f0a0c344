"""A silver table: Delta by whole event dates, whose own transaction state says how far bronze has been read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from millwright.contracts import TIMESTAMP, Contract
from millwright.errors import Unavailable
from millwright.silver_position import positions, transaction_name
from spark_jobs.delta import address, lake_answers, opened, options

EVENT_DATE = "event_date"
LINEAGE = pa.schema([("_partition", pa.int32()), ("_offset", pa.int64()), ("_append_time", TIMESTAMP)])


def silver_schema(contract: Contract) -> pa.Schema:
    """Columns of a silver table: the contract's fields, outliers, lineage, event date. All nullable: Delta's fields
    that are not cannot be added to an existing table."""
    fields = [pa.field(f.name, f.arrow_type) for f in contract.fields]
    if contract.channels:
        fields.append(pa.field("outlier_channels", pa.string()))
    return pa.schema([*fields, *LINEAGE, pa.field(EVENT_DATE, pa.date32())])


class Silver:
    """One version of a stream's silver table, one row per `unique`.

    `replace` commits on top of exactly this version (compare-and-set): when another run has committed since, it
    raises Unavailable and nothing is written. After it, this object stands for the new version.
    """

    def __init__(self, contract: Contract, table: DeltaTable) -> None:
        self.contract = contract
        self._table = table
        self._vector: dict[int, int] | None = None
        self._app = transaction_name(contract.topic)

    @classmethod
    def find(cls, contract: Contract, version: int | None = None) -> Silver | None:
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
    def open(cls, contract: Contract) -> Silver:
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
                    configuration={"delta.checkpointInterval": "10"},  # a log of 100 files is 100 requests to a bucket
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

    def files(self) -> dict[dt.date, list[str]]:
        """Paths of the table's Parquet files by event date."""
        found: dict[dt.date, list[str]] = defaultdict(list)
        root = self._table.table_uri.rstrip("/").removeprefix("file://")
        for action in self._actions():
            found[_date(action)].append(f"{root}/{action['path']}")
        return dict(found)

    def rows_by_date(self) -> dict[dt.date, int]:
        """Rows by event date, from the log alone."""
        found: dict[dt.date, int] = defaultdict(int)
        for action in self._actions():
            found[_date(action)] += action["num_records"]
        return dict(found)

    @lake_answers()
    def read(self, dates: Iterable[dt.date], columns: pa.Schema) -> pa.RecordBatchReader:
        """The rows of these dates as a stream; a column that the table does not have yet is null."""
        dataset = self._table.to_pyarrow_dataset()
        there = set(dataset.schema.names)
        chosen = {c.name: pc.field(c.name) if c.name in there else pc.scalar(pa.scalar(None, c.type)) for c in columns}
        wanted = pc.field(EVENT_DATE).isin(pa.array(sorted(dates), pa.date32()))
        return dataset.scanner(columns=chosen, filter=wanted).to_reader()

    def replace(self, dates: Collection[dt.date], rows: pa.Table, next_offsets: dict[int, int]) -> None:
        """Replace whole event dates by `rows` (columns of `silver_schema`) and move the vector, in one commit.

        Without dates only the vector moves. Raises Unavailable when another run has committed since this version,
        ValueError for rows of other dates (delta-rs never returns from writing what its predicate leaves out).
        """
        if stray := set(rows[EVENT_DATE].unique().to_pylist()) - set(dates):
            raise ValueError(f"rows of {sorted(stray)} among those that replace other dates")
        # How many partitions are known is written by every commit, so that any two commits on one version collide in
        # it, whatever partitions and dates they touch.
        partitions = (max(p, ~p) for p in (*self.vector(), *next_offsets))  # ~p: its mended records
        state = {self._app: max(partitions, default=-1) + 1}
        state |= {f"{self._app}/{partition}": offset for partition, offset in next_offsets.items()}
        properties = CommitProperties(app_transactions=[Transaction(app, at) for app, at in state.items()])
        spans, vector, before = runs(dates), self.vector(), self.version
        try:
            self._commit(rows, spans, properties)
        except CommitFailedError as error:
            raise Unavailable(
                f"Another run has cleansed {self.contract.stream} meanwhile, so this one wrote nothing.",
                f"Run `millwright cleanse {self.contract.stream}` again.",
            ) from error
        # Another run may have committed on top of this one before we looked.
        self._vector = {**vector, **next_offsets} if self.version == before + 1 else None

    @lake_answers()
    def _commit(self, rows: pa.Table, spans: list[tuple[dt.date, dt.date]], properties: CommitProperties) -> None:
        if spans:
            write_deltalake(
                self._table,
                rows,
                mode="overwrite",
                schema_mode="merge",  # a contract's new field
                predicate=" or ".join(f"{EVENT_DATE} between '{first}' and '{last}'" for first, last in spans),
                commit_properties=properties,
            )
        else:
            self._table.create_write_transaction(
                [],
                mode="append",
                schema=self._table.schema(),
                partition_by=[EVENT_DATE],
                commit_properties=properties,
            )
        self._table.update_incremental()

    @lake_answers()
    def _actions(self) -> list[dict[str, Any]]:
        return list(pa.table(self._table.get_add_actions(flatten=True)).to_pylist())


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


def _date(action: dict[str, Any]) -> dt.date:
    date: dt.date = action[f"partition.{EVENT_DATE}"]
    return date
