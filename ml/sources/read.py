"""Reads sources into frames: of the warehouse in one consistent snapshot, of files as they lie there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import pandas as pd

from millwright.errors import MillwrightError
from ml.sources import files, table
from ml.spec.source import Source


class Read(Protocol):
    """`columns` None: all. `newer_than` keeps rows of the newest span only, where the warehouse can tell cheaply."""

    def __call__(
        self, source: Source, columns: Sequence[str] | None = None, newest: tuple[str, float] | None = None
    ) -> pd.DataFrame: ...


@contextmanager
def reader() -> Iterator[Read]:
    """A function that reads one source after the other; no warehouse is needed where all are files.

    The frame has the source's columns under their names after `rename`, in the order asked for; rows as they come.
    `newest` is (column of time, hours): rows of a table that are older than the newest by more are left out.
    Raises Missing when a table or file is not there, MillwrightError naming a column that is not, and those there are;
    Unavailable without a warehouse.
    """
    with table.snapshot() as cursor:

        def read(
            source: Source, columns: Sequence[str] | None = None, newest: tuple[str, float] | None = None
        ) -> pd.DataFrame:
            frame = table.read(cursor(), source, newest) if source.table else files.read(source)
            return chosen(frame, source, columns)

        yield read


def read_one(source: Source, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """One source alone, as `reader` reads it."""
    with reader() as read:
        return read(source, columns)


def chosen(frame: pd.DataFrame, source: Source, columns: Sequence[str] | None) -> pd.DataFrame:
    """Some columns and rows of what a source holds. Raises MillwrightError for a column that is not there."""
    named(frame, source, [*source.rename, *source.where], renamed=False)
    frame = frame.rename(columns=source.rename)
    for column, values in source.where.items():
        frame = frame[_equals(frame[source.rename.get(column, column)], values)]
    frame = frame.reset_index(drop=True)
    if columns is None:
        return frame
    wanted = list(dict.fromkeys(columns))
    named(frame, source, wanted)
    return frame[wanted]


def named(frame: pd.DataFrame, source: Source, columns: Sequence[str], renamed: bool = True) -> None:
    """Raises MillwrightError when some of the columns are not there, naming them and those that are."""
    missing = [name for name in columns if name not in frame and (renamed or name not in source.rename.values())]
    if missing:
        there = ", ".join(str(name) for name in frame.columns)
        hint = " Is separator right?" if len(frame.columns) == 1 and source.path else ""
        asked = ", ".join(repr(name) for name in dict.fromkeys(missing))
        raise MillwrightError(f"{source.place} has no column {asked}.", f"There are: {there}.{hint}")


def _equals(column: pd.Series[Any], values: tuple[Any, ...]) -> pd.Series[bool]:
    """Whether a column has one of the values, 1 and "1" being the same: CSV does not say which it meant."""
    return column.isin(list(values)) | column.astype(str).isin([str(value) for value in values])
