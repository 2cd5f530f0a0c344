"""Where rows come from: a table of the warehouse, or CSV and Parquet files with their columns as they come."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, model_validator

from ml.spec.part import Part

_TABLE = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*")
_FILE = re.compile(r".*\.(csv|tsv|txt|dat|data|parquet|pq|gz|zip|bz2|zst)", re.IGNORECASE)


def is_table(place: str) -> bool:
    """Whether a place is schema.table of the warehouse, and not a file."""
    return bool(_TABLE.fullmatch(place)) and not _FILE.fullmatch(place)


class Source(Part):
    """One table: of the warehouse or of files. A plain string is short for `table` (schema.table) or `path`."""

    table: str | None = Field(
        None, pattern=r"^[A-Za-z_]\w*\.[A-Za-z_]\w*$", description="schema.table of the warehouse"
    )
    path: tuple[str, ...] = Field(
        (),
        description="files or globs, read in the order of their names; `~` and `$VARIABLES` are filled in; "
        "relative to where the command runs, else to the spec's folder",
    )
    format: Literal["csv", "parquet"] | None = Field(None, description="by the file's name when not given")
    separator: str | None = Field(
        None, description="of CSV: `,` `;` `|`, `tab` or `whitespace`; found in the first line when not given"
    )
    decimal: Literal[".", ","] = Field(".", description="decimal mark of CSV")
    encoding: str = Field("utf-8", description="of CSV")
    skip_rows: int = Field(0, ge=0, description="lines before the header")
    header: bool = Field(
        True, description="whether the first line names the columns; when false they are c1, c2, …, or `columns`"
    )
    columns: tuple[str, ...] = Field((), description="the columns' names, for files that have no header line")
    beside: Source | None = Field(
        None,
        description="a file of the same rows in the same order, such as one of labels: its columns are added",
    )
    rename: dict[str, str] = Field({}, description="column as it comes → its name in the rest of the spec")
    file_column: str | None = Field(None, description="a column to add that holds each file's name without its suffix")
    missing: tuple[str, ...] = Field((), description="texts that mean no value, besides the empty one, NA, NaN, null")
    where: dict[str, tuple[str | int | float | bool, ...]] = Field(
        {}, description="keep only rows in which the column has one of these values"
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        if isinstance(raw, str):
            return {"table": raw} if is_table(raw) else {"path": [raw]}
        if isinstance(raw, list):
            return {"path": raw}
        if isinstance(raw, dict) and isinstance(raw.get("path"), str):
            raw = raw | {"path": [raw["path"]]}
        if isinstance(raw, dict) and isinstance(raw.get("where"), dict):
            listed = {c: v if isinstance(v, (list, tuple)) else [v] for c, v in raw["where"].items()}
            raw = raw | {"where": listed}
        return raw

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if (self.table is None) == (not self.path):
            raise ValueError("expected either table (schema.table) or path (a file or a glob)")
        if self.beside is not None and (self.table or self.beside.table):
            raise ValueError("beside: expected a file beside a file; the rows of a table have no order")
        return self

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.table or ", ".join(self.path)


class Time(Part):
    """The column of time. A plain string is short for `column`."""

    column: str = Field(description="its name")
    kind: Literal["auto", "timestamp", "counter"] = Field(
        "auto",
        description="a counter, such as a cycle, is a number; auto: text and dates are timestamps, numbers counters",
    )
    format: str | None = Field(
        None,
        description="of text, as strptime has it; of numbers since 1970: `s`, `ms`, `us`, `ns`; found when not given",
    )
    timezone: str = Field("UTC", description="of times that do not say theirs, such as Europe/Berlin")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: Any) -> Any:
        return {"column": raw} if isinstance(raw, str) else raw


Channels = Literal["all"] | tuple[str, ...]  # all: every column of numbers that has no other part
