"""Which rows of silver new rows have to do with: those that their outlier windows hold, and those whose windows
hold them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import Contract
from spark_jobs.outliers import WINDOW_READINGS, WINDOW_SECONDS
from spark_jobs.parts import Micros, Part, bounds

Codes = npt.NDArray[np.int64]
# Rows of these parts with an event time after `since` (µs) and one of these keys; None: all keys.
Scan = Callable[[Collection[Part], Sequence[str], int, pa.Array | None], pa.Table]

_REACH = WINDOW_SECONDS * 1_000_000
_OTHERS = WINDOW_READINGS - 1  # rows in a full window besides the row that is judged
_KEYS = 5_000  # more are not looked for one by one


def series_columns(contract: Contract) -> list[str]:
    """The columns that tell one series of readings from another: `unique` without the event time."""
    return sorted({contract.key, *contract.unique} - {contract.event_time})


@dataclass(frozen=True)
class News:
    """New rows, ordered by time: of which series (numbers into `keys`), from when to when (µs, an interval each)."""

    contract: Contract
    names: pa.Array  # of the series
    keys: pa.Array  # each series' key
    codes: Codes
    first: Micros
    last: Micros

    @classmethod
    def of(cls, found: pa.Table, contract: Contract) -> News:
        """From a table of `first`, `last` (timestamps) and, where the contract has channels, the series' columns."""
        if not contract.channels:
            found = found.append_column(contract.key, pa.repeat("", len(found)))
        encoded = _names(found, contract).combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy().astype(np.int64)
        _, at = np.unique(codes, return_index=True)
        keys = found[contract.key].combine_chunks().take(pa.array(at, pa.int64()))
        first, last = (found[name].cast(pa.int64()).to_numpy() for name in ("first", "last"))
        order = np.argsort(last, kind="stable")
        return cls(contract, encoded.dictionary, keys, codes[order], first[order], last[order])


def reached(news: News, parts: Sequence[Part], own: Collection[Part], scan: Scan) -> set[Part]:
    """The parts, none of `own`, that hold a row whose window reaches back to a new row."""
    firsts, lasts = bounds(parts)
    near = np.flatnonzero((lasts > news.first.min()) & (firsts < news.last.max() + _REACH))
    others = [part for part in (parts[place] for place in near.tolist()) if part not in own]
    found: set[Part] = set()
    since = np.full(len(news.names), np.iinfo(np.int64).min // 2)  # the newest new row of a series before the part
    left = np.zeros(len(news.names), dtype=np.int64)  # rows after it that may still have it in their window
    told = 0
    for part in others:
        upto = int(np.searchsorted(news.last, part.last, side="right"))
        codes = news.codes[told:upto]
        since[codes], left[codes], told = news.last[told:upto], _OTHERS, upto
        waiting = (left > 0) & (since + _REACH > part.first)
        if not waiting.any():
            continue
        rows = scan([part], _columns(news.contract), int(since[waiting].min()), _keys(news, waiting))
        code, times = _read(rows, news)
        ours = code >= 0
        code, times = code[ours], times[ours]
        hit = code[waiting[code] & (times > since[code]) & (times < since[code] + _REACH)]
        if len(hit):
            found.add(part)
            left -= np.bincount(hit, minlength=len(left))
    return found


def behind(news: News, parts: Sequence[Part], again: Collection[Part], columns: Sequence[str], scan: Scan) -> pa.Table:
    """The rows of parts not written again that the windows of new rows, and of rows in `again`, hold."""
    kept = [part for part in parts if part not in again]
    firsts, lasts = bounds(kept)
    found = []
    stretch = np.searchsorted(firsts, news.first, side="right")
    again_at = {part: int(np.searchsorted(firsts, part.first, side="right")) for part in again}
    starts = {place: int(news.first[stretch == place].min()) for place in np.unique(stretch).tolist()}
    for part, place in again_at.items():
        starts[place] = min(part.first, starts.get(place, part.first))
    for place, start in starts.items():
        if place == 0 or lasts[place - 1] <= start - _REACH:
            continue
        inside = [part for part, at in again_at.items() if at == place]
        there, begin = _begin(news, stretch == place, inside, scan)
        found += _before(there, begin, kept[:place], columns, scan)
    return pa.concat_tables(found) if found else scan([], columns, 0, None)


def _begin(news: News, chosen: npt.NDArray[np.bool_], inside: Collection[Part], scan: Scan) -> tuple[News, Micros]:
    """The series of new rows and of rows of these parts, and each one's first time."""
    tables = [
        pa.table({"name": news.names.take(pa.array(news.codes[chosen])), "at": news.first[chosen]}
                 | {"key": news.keys.take(pa.array(news.codes[chosen]))})
    ]  # fmt: skip
    if inside:
        rows = scan(inside, _columns(news.contract), np.iinfo(np.int64).min, None)
        at = rows[news.contract.event_time].cast(pa.int64())
        tables.append(pa.table({"name": _names(rows, news.contract), "at": at, "key": rows[news.contract.key]}))
    first = pa.concat_tables(tables).group_by("name").aggregate([("at", "min"), ("key", "min")])
    names, keys = (first[name].combine_chunks() for name in ("name", "key_min"))
    empty = np.zeros(0, dtype=np.int64)
    return News(news.contract, names, keys, empty, empty, empty), first["at_min"].to_numpy()


def _before(series: News, begin: Micros, parts: Sequence[Part], columns: Sequence[str], scan: Scan) -> list[pa.Table]:
    """Of each series its last rows before `begin`: as many as a window holds, and no older than it reaches."""
    found = []
    need = np.full(len(begin), _OTHERS)
    for part in reversed(parts):
        waiting = (need > 0) & (begin - _REACH < part.last)
        if not waiting.any() or part.last <= begin.min() - _REACH:
            break
        wanted = list(dict.fromkeys([*columns, *_columns(series.contract)]))
        rows = scan([part], wanted, int(begin[waiting].min()) - _REACH, _keys(series, waiting))
        code, times = _read(rows, series)
        ours = np.flatnonzero((code >= 0) & (times > begin[code] - _REACH) & waiting[code])
        order = ours[np.lexsort((-times[ours], code[ours]))]  # each series' newest first
        _, start, count = np.unique(code[order], return_index=True, return_counts=True)
        rank = np.arange(len(order)) - np.repeat(start, count)
        taken = order[rank < need[code[order]]]
        need -= np.bincount(code[taken], minlength=len(need))
        found.append(rows.select(list(columns)).take(pa.array(taken)))
    return found


def _columns(contract: Contract) -> list[str]:
    return [*series_columns(contract), contract.event_time]


def _keys(news: News, wanted: npt.NDArray[np.bool_]) -> pa.Array | None:
    return news.keys.filter(pa.array(wanted)).unique() if wanted.sum() <= _KEYS else None


def _read(rows: pa.Table, news: News) -> tuple[Codes, Micros]:
    """Each row's series, -1 for one that is not among the news, and its time."""
    code = pc.fill_null(pc.index_in(_names(rows, news.contract), value_set=news.names), -1)
    return code.to_numpy().astype(np.int64), rows[news.contract.event_time].cast(pa.int64()).to_numpy()


def _names(rows: pa.Table, contract: Contract) -> pa.ChunkedArray:
    """One text for each series; null is told from an empty text."""
    columns = series_columns(contract) if contract.channels else [contract.key]
    if len(columns) == 1:
        return rows[columns[0]].cast(pa.string())
    texts = [rows[name].cast(pa.string()) for name in columns]
    marked = [pc.if_else(pc.is_null(text), "-", pc.binary_join_element_wise("+", text, "")) for text in texts]
    return pc.binary_join_element_wise(*marked, "\x1f")
