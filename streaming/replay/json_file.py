"""Reads JSON objects, one a line, whose nested values are named by a path such as payload.events.0.price."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from millwright.errors import MillwrightError
from streaming.replay.apply import BadRow, Piece
from streaming.replay.csv_file import check_columns
from streaming.replay.mapping import Mapping

_PIECE_ROWS = 10_000

# Arrow's reader takes its types from the first block and refuses a message of another shape further down;
# messages of several kinds in one file are the rule, so lines are read one by one.


def read_json(path: Path, mapping: Mapping) -> Iterator[Piece]:
    """The mapped paths of the objects in a file, as texts, up to 10,000 lines at a time. The first line is row 1.

    A path that an object does not have is a missing value. Raises MillwrightError for a missing file, one that is not
    text, or a path that none of the first 10,000 objects has.
    """
    try:
        with path.open(encoding=mapping.encoding) as file:
            lines = enumerate(file, start=1)
            first = True
            while some := list(islice(lines, _PIECE_ROWS)):
                yield _piece(some, path.name, mapping, first)
                first = False
    except (FileNotFoundError, IsADirectoryError):
        raise MillwrightError(f"There is no file {path}.") from None
    except (UnicodeDecodeError, LookupError) as error:
        raise MillwrightError(
            f"{path.name} is not {mapping.encoding} text: {error}.", "Set `encoding` in the mapping."
        ) from None


def _piece(lines: list[tuple[int, str]], name: str, mapping: Mapping, first: bool) -> Piece:
    columns: dict[str, list[str | None]] = {column: [] for column in mapping.columns}
    numbers: list[int] = []
    broken: list[BadRow] = []
    paths: dict[str, None] = {}
    steps = {column: column.split(".") for column in columns}
    for number, line in lines:
        if not line.strip():
            continue
        record = _parsed(line)
        if not isinstance(record, dict):
            broken.append(BadRow(number, "the line", line.strip()[:80], "a JSON object"))
            continue
        numbers.append(number)
        for column, values in columns.items():
            values.append(_text(_at(record, steps[column])))
        if first:
            paths.update(dict.fromkeys(_paths(record)))
    if first and numbers:
        check_columns(name, mapping.columns, [*paths])
    table = pa.table({column: pa.array(values, pa.string()) for column, values in columns.items()})
    return Piece(table, pa.array(numbers, pa.int64()), tuple(broken))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _at(record: Any, steps: list[str]) -> Any:
    for step in steps:
        if isinstance(record, dict):
            record = record.get(step)
        elif isinstance(record, list) and step.isdigit() and int(step) < len(record):
            record = record[int(step)]
        else:
            return None
    return record


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def _paths(record: Any, before: str = "") -> Iterator[str]:
    inner = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else None
    if inner is None:
        yield before
        return
    for name, value in inner:
        yield from _paths(value, f"{before}.{name}" if before else str(name))
