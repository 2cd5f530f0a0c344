"""A run in slices of its time: whether rate and memory stay flat."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

_SLICES = 10


@dataclass(frozen=True)
class Slice:
    """A tenth of a run: how fast it landed, and the memory held at its end in MiB."""

    records_per_second: int
    rss_mb: float


def slices(begun: float, files: list[tuple[float, int]], memory: list[tuple[float, float]]) -> list[Slice]:
    """Tenths of the time from `begun` to the last file; files are (when, records), memory is (when, MiB)."""
    step = (files[-1][0] - begun) / _SLICES
    landed: Counter[int] = Counter()
    for at, records in files:
        landed[min(int((at - begun) / step), _SLICES - 1)] += records
    held = [[mb for at, mb in memory if at <= begun + step * (number + 1)] for number in range(_SLICES)]
    return [
        Slice(round(landed[number] / step), round(held[number][-1], 1) if held[number] else 0.0)
        for number in range(_SLICES)
    ]
