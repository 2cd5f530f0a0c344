"""Reads CSV and Parquet files, their columns as they come."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from millwright.errors import MillwrightError
from ml.sources.missing import Missing
from ml.spec.source import Source

_PARQUET = (".parquet", ".pq")
_EXCEL = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_NOTHING = r"(?i)(nan|na|null|\?|unnamed: \d+)?(\.\d+)?"  # pandas numbers names that come twice
_SEPARATORS = {"tab": "\t", "whitespace": r"\s+"}


def read(source: Source) -> pd.DataFrame:
    """All files of a source, one behind the other. Raises Missing without one, MillwrightError for one unreadable."""
    frame = pd.concat([_one(path, source) for path in paths(source)], ignore_index=True)
    return frame if source.beside is None else _beside(frame, source, source.beside)


def _beside(frame: pd.DataFrame, source: Source, second: Source) -> pd.DataFrame:
    other = read(second)
    if len(other) != len(frame):
        raise MillwrightError(
            f"{second.place} has {len(other)} rows and {source.place}, beside which it lies, {len(frame)}.",
            "Both need the same rows in the same order. Does one of them have no header line (`header: false`)?",
        )
    return pd.concat([frame, other[[column for column in other if column not in frame]]], axis=1)


def paths(source: Source) -> list[Path]:
    """The files of a source, in the order of its globs and of the files' names. Raises Missing for a glob of none."""
    found: list[str] = []
    for pattern in source.path:
        matches = sorted(glob(os.path.expanduser(os.path.expandvars(pattern)), recursive=True))
        if not matches:
            raise Missing(
                f"There is no file {pattern}.", f"Paths are relative to {Path.cwd()} and to the spec's folder."
            )
        if not any(map(os.path.isfile, matches)):
            raise MillwrightError(
                f"{pattern} is a folder; files were expected.", f"Name them, such as {pattern.rstrip('/')}/*.csv."
            )
        found += matches
    return [Path(path) for path in dict.fromkeys(found) if Path(path).is_file()]


def _one(path: Path, source: Source) -> pd.DataFrame:
    if path.suffix.lower() in _EXCEL:
        raise MillwrightError(f"{path} is an Excel file, which is not read.", "Save it as CSV.")
    parquet = (source.format or ("parquet" if path.suffix.lower() in _PARQUET else "csv")) == "parquet"
    try:
        frame = pd.read_parquet(path) if parquet else _csv(path, source)
    except (
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
        UnicodeError,
        LookupError,
        pa.ArrowInvalid,
        OSError,
    ) as error:
        kind = "Parquet" if parquet else "CSV"
        reason = str(error).strip().splitlines()[0]
        raise MillwrightError(
            f"{path} cannot be read as {kind}: {reason}.", "Check separator, encoding and format."
        ) from None
    if source.columns and parquet:
        frame = _called(frame, path, source.columns)
    frame.columns = pd.Index([str(column).strip() for column in frame.columns])
    return frame.assign(**{source.file_column: path.stem}) if source.file_column else frame


def _csv(path: Path, source: Source) -> pd.DataFrame:
    encoding = "utf-8-sig" if source.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else source.encoding
    options: dict[str, Any] = {} if source.header and not source.columns else {"header": None}
    frame: pd.DataFrame = pd.read_csv(
        path,
        sep=_SEPARATORS.get(source.separator or "", source.separator) or _separator(path, source, encoding),
        decimal=source.decimal,
        encoding=encoding,
        skiprows=source.skip_rows,
        na_values=list(source.missing) or None,
        float_precision="round_trip",
        low_memory=False,
        index_col=False,
        **options,
    )
    if not options:
        _names(frame, path)
        return frame
    if source.columns:
        return _called(frame, path, source.columns)
    return frame.set_axis([f"c{number + 1}" for number in range(frame.shape[1])], axis=1)


def _called(frame: pd.DataFrame, path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Columns by the spec's names. Raises MillwrightError when there are more or fewer than names."""
    # A separator at the lines' ends makes a last column of nothing.
    while frame.shape[1] > len(columns) and frame.iloc[:, -1].isna().all():
        frame = frame.iloc[:, :-1]
    if frame.shape[1] != len(columns):
        raise MillwrightError(
            f"{path} has {frame.shape[1]} columns, and the spec's columns are {len(columns)}: {', '.join(columns)}.",
            "Name every column, in their order. Is separator right?",
        )
    if [str(value).strip() for value in frame.head(1).to_numpy().ravel()] == list(columns):
        raise MillwrightError(
            f"The first line of {path} names the columns already.", "Leave columns out, or add skip_rows: 1."
        )
    return frame.set_axis(list(columns), axis=1)


def _names(frame: pd.DataFrame, path: Path) -> None:
    """Raises MillwrightError when the line of names is one of values: only numbers, not all of them whole."""
    names = pd.Series([str(name).strip() for name in frame.columns])
    numbers = pd.to_numeric(names[~names.str.fullmatch(_NOTHING)], errors="coerce")
    if numbers.notna().all() and (numbers % 1 != 0).any():
        raise MillwrightError(
            f"The first line of {path} holds numbers, not names of columns.",
            "Give `header: false`, or the names as `columns`.",
        )


def _separator(path: Path, source: Source, encoding: str) -> str:
    """Whichever parts the first line into most; a comma where the line has none of them."""
    first = pd.read_csv(
        path,
        sep="\0",
        header=None,
        nrows=1,
        skiprows=source.skip_rows,
        encoding=encoding,
        dtype=str,
        quoting=3,
        engine="c",
    )
    line = str(first.iloc[0, 0])
    counts = {separator: line.count(separator) for separator in (",", ";", "\t", "|")}
    best = max(counts, key=lambda separator: counts[separator])
    if not counts[best]:
        return r"\s+" if len(line.split()) > 1 and (source.columns or not source.header) else ","
    return best
