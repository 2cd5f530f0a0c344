"""Statistics of readings by hour, and those of longer spans merged from them.

No Spark and no Millwright in here: it travels to the workers. Sums run in the order of time, so that the same readings
give the same bits on any engine, whatever else is computed beside them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

HOUR = 3_600_000_000  # µs
PARTS = ("count", "mean", "m2", "m3", "min", "max", "time_mean", "time_m2", "time_co", "outliers")
APART = 1 << 24  # hours (1,900 years) between two machines on one line: no span reaches from one to the next
_CHUNK = 100_000  # pairs of a span and an hour merged at once: 5 MB an array for six channels


def by_hour(readings: pa.Table, key: str, event_time: str, channels: Sequence[str]) -> pa.Table:
    """Machines' hours with their statistics (`millwright.derived.STATISTICS`), from all of their readings in any
    order."""
    micros = readings[event_time].cast(pa.int64()).to_numpy()
    machine = numbered(readings[key])
    order = np.lexsort((micros, machine))
    micros = micros[order]
    of_reading = micros // HOUR
    starts = starts_of(on_a_line(machine[order], of_reading))
    hours = of_reading[starts]
    group = np.repeat(np.arange(len(hours)), np.diff([*starts, len(micros)]))
    times = (micros - of_reading * HOUR) / HOUR
    columns = {
        key: readings[key].take(pa.array(order[starts])),
        "hour": pa.array(hours * HOUR, pa.timestamp("us", "UTC")),
        "reading_count": np.diff([*starts, len(micros)]),
    }
    for channel in channels:
        values = readings[channel].cast(pa.float64()).to_numpy().astype(np.float64)[order]
        outlier = _marked(readings["outlier_channels"], channel)[order]
        columns |= {
            f"{channel}_{name}": nullable(column, pa.int64() if name in ("count", "outliers") else None)
            for name, column in _channel(values, times, outlier, group, len(hours)).items()
        }
    return pa.table(columns)


def _channel(
    values: Floats, times: Floats, outlier: npt.NDArray[np.bool_], group: Ints, count: int
) -> dict[str, Floats]:
    """Statistics of one channel by group; NaN for groups in which it has no reading."""
    seen = ~np.isnan(values)
    values, times, outlier, group = values[seen], times[seen], outlier[seen], group[seen]
    starts = starts_of(group)
    there = group[starts]
    own = np.repeat(np.arange(len(there)), np.diff([*starts, len(group)])) if len(group) else group
    found: dict[str, Floats] = {}
    if len(group):
        n = np.diff([*starts, len(group)]).astype(np.float64)
        low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
        # A sensor that stands still deviates by nothing, not by what the mean was rounded by.
        mean = np.where(low == high, low, np.add.reduceat(values, starts) / n)
        time_mean = np.add.reduceat(times, starts) / n
        d, e = values - mean[own], times - time_mean[own]
        found = {
            "count": n,
            "mean": mean,
            "m2": np.add.reduceat(d * d, starts),
            "m3": np.add.reduceat(d * d * d, starts),
            "min": low,
            "max": high,
            "time_mean": time_mean,
            "time_m2": np.add.reduceat(e * e, starts),
            "time_co": np.add.reduceat(e * d, starts),
            "outliers": np.add.reduceat(outlier.astype(np.float64), starts),
        }
    out = {name: np.full(count, np.nan) for name in PARTS}
    for name, column in found.items():
        out[name][there] = column
    return out


def numbered(machines: pa.ChunkedArray, known: pa.Array | None = None) -> Ints:
    """A number for each machine: its place in `known`, -1 where it is not there; any number without."""
    if known is None:
        known = machines.unique()
    found: Ints = pc.index_in(machines, value_set=known).fill_null(-1).to_numpy().astype(np.int64)
    return found


def on_a_line(machine: Ints, hours: Ints) -> Ints:
    """Hours of numbered machines, one machine's behind the other's, so that ascending hours of many can be searched."""
    return machine * APART + hours + APART // 2


def merge(hours: Ints, statistics: dict[str, Floats], first: Ints, last: Ints) -> dict[str, Floats]:
    """Statistics of spans, each of the rows [first, last) of a machine's ascending hours (many machines': on one
    line); rows × channels in and out.

    Central moments add up as in Pébay, Formulas for Robust, One-Pass Parallel Computation of Covariances and
    Arbitrary-Order Statistical Moments (2008), written for many parts at once. Gives count, mean, std (sample), min,
    max, slope (least squares, per hour), skewness (population, g1) and outliers; NaN where they are not defined.
    """
    length = last - first
    ends = np.cumsum(length)
    parts, at = [], 0
    while at < len(length):
        after = int(np.searchsorted(ends, (ends[at - 1] if at else 0) + _CHUNK, side="right"))
        chunk = slice(at, max(after, at + 1))
        parts.append(_merged(hours, statistics, first[chunk], length[chunk]))
        at = chunk.stop
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _merged(hours: Ints, statistics: dict[str, Floats], first: Ints, length: Ints) -> dict[str, Floats]:
    starts = np.cumsum(length) - length
    span = np.repeat(np.arange(len(first)), length)
    row = np.arange(len(span)) - starts[span] + first[span]
    part = {name: column[row] for name, column in statistics.items()}
    n_part = np.nan_to_num(part["count"])
    m, m2, m3, t, t2, co, outliers = (
        np.nan_to_num(part[name]) for name in ("mean", "m2", "m3", "time_mean", "time_m2", "time_co", "outliers")
    )
    # Hours since the span's first row: small numbers, whatever the century.
    t = t + (hours[row] - hours[first][span])[:, None]

    def total(column: Floats) -> Floats:
        return np.add.reduceat(column, starts, axis=0)

    n = total(n_part)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        low = np.fmin.reduceat(part["min"], starts, axis=0)
        high = np.fmax.reduceat(part["max"], starts, axis=0)
        mean = np.where(low == high, low, total(n_part * m) / n)
        time_mean = total(n_part * t) / n
        d = np.where(n_part > 0, m - mean[span], 0)
        e = np.where(n_part > 0, t - time_mean[span], 0)
        deviation = total(m2 + n_part * d * d)
        third = total(m3 + 3 * d * m2 + n_part * d * d * d)
        spread = total(t2 + n_part * e * e)
        together = total(co + n_part * e * d)
        return {
            "count": n,
            "mean": mean,
            "std": np.where(n > 1, np.sqrt(deviation / (n - 1)), np.nan),
            "min": low,
            "max": high,
            "slope": np.where(spread > 0, together / spread, np.nan),
            "skewness": np.where((n > 2) & (deviation > 0), np.sqrt(n) * third / deviation**1.5, np.nan),
            "outliers": total(outliers),
        }


def stacked(hours: pa.Table, channels: Sequence[str]) -> dict[str, Floats]:
    """The statistics of hours, each as rows × channels; NaN for null."""
    return {
        name: np.column_stack([floats(hours[f"{channel}_{name}"]) for channel in channels]).astype(np.float64)
        for name in PARTS
    }


def floats(column: pa.ChunkedArray) -> Floats:
    """A column with NaN for null."""
    found: Floats = column.cast(pa.float64()).to_numpy().astype(np.float64)
    return found


def nullable(column: Floats, kind: pa.DataType | None = None) -> pa.Array:
    """A column with null for NaN."""
    found = pa.array(column, mask=np.isnan(column))
    return found if kind is None else found.cast(kind)


def starts_of(ordered: Ints) -> Ints:
    """Where each run of equal values begins."""
    if not len(ordered):
        return np.empty(0, dtype=np.int64)
    return np.concatenate([[0], np.flatnonzero(np.diff(ordered)) + 1])


def _marked(marks: pa.ChunkedArray, channel: str) -> npt.NDArray[np.bool_]:
    if marks.null_count == len(marks):
        return np.zeros(len(marks), dtype=np.bool_)
    listed = pc.binary_join_element_wise(",", marks.fill_null(""), ",", "")
    found: npt.NDArray[np.bool_] = pc.match_substring(listed, f",{channel},").to_numpy()
    return found
