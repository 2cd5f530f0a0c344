"""Parts: the Parquet files of a silver table. Each holds a stretch of event time of one date, and no two overlap.

How long a stretch is follows from the data: a part has about ROWS rows, or a whole date when that has fewer. So ten
years of hourly history are one file a date, and a date of a thousand readings a second is a file for each few minutes;
a run writes again only the parts that its records touch.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Micros = npt.NDArray[np.int64]

# What a run touches it writes whole: with more rows the last part, which nearly every run touches, costs more; with
# fewer there are more files. 10,000 readings a second make 4,300 files a day, 1,000 make 430.
ROWS = 200_000
DAY = 86_400_000_000
_EPOCH = dt.date(1970, 1, 1)
_NAMED = re.compile(r"/(-?\d+)_(-?\d+)_[0-9a-f]{32}\.parquet$")


@dataclass(frozen=True)
class Part:
    """A file of a silver table: `rows` rows of `date` with event times from `first` to `last`, both included.

    Times are µs since 1970, UTC. `path` is within the table's folder.
    """

    path: str
    date: dt.date
    rows: int
    size: int  # bytes
    first: int
    last: int

    @classmethod
    def of(cls, action: dict[str, Any], partition: str) -> Part:
        """From Delta's add action. A file that was not named by us may hold any time of its date."""
        date: dt.date = action[f"partition.{partition}"]
        start = midnight(date)
        named = _NAMED.search(action["path"])
        first, last = (int(named[1]), int(named[2])) if named else (start, start + DAY - 1)
        return cls(action["path"], date, action["num_records"], action["size_bytes"], first, last)


def midnight(date: dt.date) -> int:
    """A date's first µs since 1970, UTC."""
    return (date - _EPOCH).days * DAY


def part_path(folder: str, first: int, last: int) -> str:
    """A new name for a part in a folder; it tells which times the part holds."""
    return f"{folder}/{first}_{last}_{uuid.uuid4().hex}.parquet"


def touched(parts: Sequence[Part], first: Micros, last: Micros) -> set[Part]:
    """The parts that have to be written again when rows come in these intervals of time, none longer than a date.

    Those that overlap an interval; and where none does, the small part before it, or the small one after it, on the
    same date: so that rows that trickle in do not become a file each.
    """
    marks = np.zeros(len(parts) + 1, dtype=np.int64)
    firsts, lasts = bounds(parts)
    start = np.searchsorted(np.maximum.accumulate(lasts), first) if len(parts) else np.zeros(len(first), np.int64)
    end = np.searchsorted(firsts, last, side="right")
    np.add.at(marks, start, 1)
    np.add.at(marks, end, -1)  # start == end: none
    found = {parts[place] for place in np.flatnonzero(np.cumsum(marks[:-1]) > 0).tolist()}
    for place, day in {(int(p), int(d)) for p, d in zip(end[start == end], first[start == end] // DAY, strict=True)}:
        beside = [part for part in (*parts[max(place - 1, 0) : place], *parts[place : place + 1]) if _day(part) == day]
        found.update([part for part in beside if part.rows < ROWS][:1])
    return found


def pieces(times: Micros, kept: Sequence[Part]) -> Iterator[slice]:
    """How rows, ordered by event time, are cut into parts that overlap none of the parts that are kept.

    At the end of a date the parts are full and the last holds what is left, for the next rows will follow it; in the
    midst of one a part is only cut when it is enough for two.
    """
    if not len(times):
        return
    firsts, _ = bounds(kept)
    stretch = np.searchsorted(firsts, times, side="right")
    day = times // DAY
    edges = np.flatnonzero((np.diff(stretch) != 0) | (np.diff(day) != 0)) + 1
    for start, end in zip([0, *edges], [*edges, len(times)], strict=True):
        follows = int(stretch[start])
        is_last = follows == len(kept) or _day(kept[follows]) != day[start]
        count = end - start
        size = ROWS if is_last else -(-count // max(count // ROWS, 1))
        while start < end:
            cut = min(start + size, end)
            # Rows of one moment stay together.
            cut = start + int(np.searchsorted(times[start:end], times[cut - 1], side="right"))
            yield slice(start, cut)
            start = cut


def changed_spans(before: Collection[Part], after: Collection[Part]) -> list[tuple[int, int]]:
    """Stretches of event time (µs, both ends included) outside of which two versions have the same rows.

    Neighbours are one stretch when no unchanged part lies between: all of a long history is one.
    """
    old, new = {part.path: part for part in before}, {part.path: part for part in after}
    marked = [(part.first, part.last, path in old) for path, part in new.items()]
    marked += [(part.first, part.last, False) for path, part in old.items() if path not in new]
    spans: list[tuple[int, int]] = []
    joined = False
    for first, last, unchanged in sorted(marked):
        if unchanged:
            joined = bool(spans) and first <= spans[-1][1]  # a part of whole dates may lie within
        elif joined:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]))
        else:
            spans.append((first, last))
            joined = True
    return spans


def joined(spans: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches of event time (µs, both ends included), those that overlap made one: no row is in two of them."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def bounds(parts: Sequence[Part]) -> tuple[Micros, Micros]:
    """First and last event times of parts."""
    found = np.array([(part.first, part.last) for part in parts], dtype=np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _day(part: Part) -> int:
    return (part.date - _EPOCH).days
