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
_SEPARATORS = {"tab": "\t", "whitespace": r"\s+"}


def read(source: Source) -> pd.DataFrame:
    """All files of a source, one behind the other. Raises Missing without one, MillwrightError for one unreadable."""
    return pd.concat([_one(path, source) for path in paths(source)], ignore_index=True)


def paths(source: Source) -> list[Path]:
    """The files of a source, in the order of its globs and of the files' names. Raises Missing for a glob of none."""
    found: list[str] = []
    for pattern in source.path:
        matches = sorted(glob(os.path.expanduser(os.path.expandvars(pattern)), recursive=True))
        if not matches:
            raise Missing(
                f"There is no file {pattern}.", f"Paths are relative to {Path.cwd()} and to the spec's folder."
            )
        found += matches
    return [Path(path) for path in dict.fromkeys(found) if Path(path).is_file()]


def _one(path: Path, source: Source) -> pd.DataFrame:
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
        frame.columns = pd.Index(source.columns)
    frame.columns = pd.Index([str(column).strip() for column in frame.columns])
    return frame.assign(**{source.file_column: path.stem}) if source.file_column else frame


def _csv(path: Path, source: Source) -> pd.DataFrame:
    encoding = "utf-8-sig" if source.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else source.encoding
    options: dict[str, Any] = {"names": list(source.columns), "header": None} if source.columns else {}
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
    # A separator at the lines' ends makes a last column of nothing.
    return frame.dropna(axis="columns", how="all") if source.columns else frame


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
        return r"\s+" if len(line.split()) > 1 and source.columns else ","
    return best
