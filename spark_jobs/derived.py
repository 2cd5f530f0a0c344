"""A lake table that is computed from others, whose own transactions say up to which version of each they are in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import Contract
from millwright.errors import Unavailable
from millwright.failpoints import failpoint
from spark_jobs.delta import lake_answers
from spark_jobs.silver import Overtaken, Silver, changed_dates
from spark_jobs.silver_files import EVENT_DATE, silver_schema

# Raised when a formula changes: then nothing has been taken up, and the next run computes the whole history anew.
FORMULAS = 1
_EPOCH = dt.date(1970, 1, 1)
_nothing_is_taken_up = ContextVar("nothing_is_taken_up", default=False)
_again: ContextVar[frozenset[dt.date]] = ContextVar("again", default=frozenset())


@contextmanager
def from_nothing() -> Iterator[None]:
    """Within it all of a table is computed, as if nothing was taken up; what comes out as it was is not written."""
    token = _nothing_is_taken_up.set(True)
    try:
        yield
    finally:
        _nothing_is_taken_up.reset(token)


@contextmanager
def again(dates: Collection[dt.date]) -> Iterator[None]:
    """Within it these event dates count as changed in every source; what comes out as it was is not written."""
    token = _again.set(frozenset(dates))
    try:
        yield
    finally:
        _again.reset(token)


@dataclass(frozen=True)
class DerivedResult:
    """What one run did to a derived table."""

    table: str
    silver_version: int
    dates: int = 0  # event dates computed
    rows_computed: int = 0
    rows_written: int = 0  # of those dates that came out other than they were

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return dict(self.__dict__)


class Derived(Silver):
    """One version of a computed table, by whole event dates.

    Open it before its sources: these are then at least as new as what any commit of it has taken up, so that the
    compare-and-set of `put` keeps an older run from undoing a newer one.
    """

    computed_dates = computed_rows = written_rows = 0

    @lake_answers()
    def pending(self, source: Silver | None) -> set[dt.date]:
        """Dates of a source that have changed since it was taken up; all of them, and all of ours, if it never was."""
        if source is None:
            return set()
        asked = _again.get() & (source.files().keys() | self.files().keys()) if _again.get() else set[dt.date]()
        position = None if _nothing_is_taken_up.get() else self._table.transaction_version(_position(source))
        if position == source.version:
            return set(asked)
        old = None if position is None else type(source).find(source.contract, version=int(position))
        if old is None or old.table_id != source.table_id:
            return set(source.files()) | set(self.files())
        return changed_dates(old, source) | asked

    def put(
        self,
        dates: Collection[dt.date],
        rows: pa.Table,
        sources: Sequence[Silver | None] = (),
        unfinished: dt.date | None = None,
    ) -> set[dt.date]:
        """Replace whole event dates by `rows`, and say that these versions of the sources are in the table.

        One commit, without the dates that come out as they were; returns the others. `unfinished` is the first date
        that does not follow from those before it yet. Raises Unavailable when another run has committed since this
        version.
        """
        schema = silver_schema(self.contract)
        order = [(name, "ascending") for name in (EVENT_DATE, *self.contract.unique)]
        own = rows.append_column(EVENT_DATE, pc.cast(rows[self.contract.event_time], pa.date32()))
        own = own.select(schema.names).cast(schema).sort_by(order)
        there = set(dates) & self.files().keys()
        stored = dict(_by_date(self.read(there, schema).read_all().cast(schema).sort_by(order))) if there else {}
        fresh = dict(_by_date(own))
        nothing = schema.empty_table()
        other = {date for date in dates if not fresh.get(date, nothing).equals(stored.get(date, nothing))}
        chosen = pa.concat_tables([nothing, *(fresh[date] for date in sorted(other & fresh.keys()))])
        self.computed_dates += len(dates)
        self.computed_rows += own.num_rows
        self.written_rows += chosen.num_rows
        state = {_position(source): source.version for source in sources if source is not None}
        # In every commit, so that any two on one version collide in it.
        state[self._app] = 0 if unfinished is None else (unfinished - _EPOCH).days
        if other or not self._knows(state):
            failpoint("features.before_commit")
            self._put(other, chosen, state)
            failpoint("features.after_commit")
        return other

    @lake_answers()
    def unfinished(self) -> dt.date | None:
        """What the last commit said was unfinished."""
        days = self._table.transaction_version(self._app)
        return _EPOCH + dt.timedelta(days=days) if days else None

    def take_up(self, sources: Sequence[Silver | None]) -> None:
        """Say that these versions of the sources are in the table, in which nothing has to change."""
        self.put((), _nothing(self.contract), sources)

    def result(self) -> DerivedResult:
        """What has been done to it since it was opened."""
        counts = self.computed_dates, self.computed_rows, self.written_rows
        return DerivedResult(self.contract.table, self.version, *counts)

    def _put(self, dates: Collection[dt.date], rows: pa.Table, state: dict[str, int]) -> None:
        try:
            self._commit([part for part in self.parts() if part.date in set(dates)], rows, state)
        except Overtaken as error:
            raise Unavailable(
                f"Another run has computed {self.contract.table} meanwhile, so this one wrote nothing more.",
                "Run `millwright features` again.",
            ) from error

    @lake_answers()
    def _knows(self, state: dict[str, int]) -> bool:
        return all(self._table.transaction_version(name) == version for name, version in state.items())


def lots(dates: Collection[dt.date], rows: dict[dt.date, int], limit: int) -> Iterator[list[dt.date]]:
    """Dates in ascending lots of at most `limit` rows (or one date)."""
    lot: list[dt.date] = []
    held = 0
    for date in sorted(dates):
        if lot and held + rows.get(date, 0) > limit:
            yield lot
            lot, held = [], 0
        lot.append(date)
        held += rows.get(date, 0)
    if lot:
        yield lot


def paths(table: Silver, dates: Sequence[dt.date] | set[dt.date]) -> list[str]:
    """The Parquet files of these dates."""
    files = table.files()
    return [path for date in sorted(dates) for path in files.get(date, ())]


def _nothing(contract: Contract) -> pa.Table:
    schema = silver_schema(contract)
    return pa.schema([field for field in schema if field.name != EVENT_DATE]).empty_table()


def _position(source: Silver) -> str:
    return f"computed/{FORMULAS}/{source.contract.table}/{source.table_id}"


def _by_date(ordered: pa.Table) -> Iterator[tuple[dt.date, pa.Table]]:
    """The rows of each date of a table in the order of dates."""
    start = 0
    for counted in ordered[EVENT_DATE].value_counts().to_pylist():
        yield counted["values"], ordered.slice(start, counted["counts"])
        start += counted["counts"]
