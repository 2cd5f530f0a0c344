"""A window of days from bronze to `raw`: silver, what follows from it, and the loads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from millwright.contracts import chosen
from millwright.derived import raw_tables
from millwright.errors import MillwrightError
from millwright.turns import one_at_a_time
from spark_jobs import derived
from spark_jobs.engine import Engine
from spark_jobs.features import compute_new
from spark_jobs.load import load_new
from spark_jobs.recompute.silver import recompute

_DAY = dt.timedelta(days=1)


def days(first: str, last: str | None = None) -> list[dt.date]:
    """The dates from `first` to `last` (ISO 8601; None: one day). Raises MillwrightError for what is no such window."""
    try:
        begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    except ValueError as error:
        raise MillwrightError(f"A day is not as expected: {error}.", "Write it as 2026-01-31.") from None
    if end < begin:
        raise MillwrightError(f"The window ends on {end} and begins on {begin}.", "Give the earlier date first.")
    return [begin + n * _DAY for n in range((end - begin).days + 1)]


def recompute_all(
    window: Sequence[dt.date],
    streams: Collection[str] | None = None,
    machines: Collection[str] = (),
    dry_run: bool = False,
    again: bool = True,
) -> dict[str, Any]:
    """Compute these days of streams (None: all) again from bronze, then the features and summaries behind them.

    `again`: features of these days are computed also where silver comes out as it was. Gives what `load_all` takes:
    dry_run, first, last, again, streams (each as `recompute` gives it), features. Raises as `recompute` and
    `compute_new` do.
    """
    with one_at_a_time("cleanse"), Engine() as engine:
        found = [
            recompute(spec.stream, window[0], window[-1], engine, machines, dry_run).as_dict()
            for spec in chosen(streams)
        ]
        said: dict[str, Any] = {
            "dry_run": dry_run,
            "first": str(window[0]),
            "last": str(window[-1]),
            "again": again,
            "streams": found,
        }
        if dry_run:
            return said
        with one_at_a_time("features"), derived.again(window if again else ()):
            return said | {"features": [result.as_dict() for result in compute_new(engine)]}


def load_all(recomputed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Load what `recompute_all` has done. Raises as `load_new` does."""
    window = days(recomputed["first"], recomputed["last"]) if recomputed["again"] else []
    return [load_new(name, wait_seconds=600, again=window).as_dict() for name in raw_tables()]
