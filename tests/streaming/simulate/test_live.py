from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from streaming.simulate.live import happenings, live, readings_between
from streaming.simulate.plant import plant
from streaming.simulate.records import QUALITY, SENSORS, STATUS, quality, status

END = datetime(2026, 4, 6, tzinfo=UTC)


def test_live_readings_keep_their_rate_and_share_it_among_the_machines():
    built = plant(3, 2, 1, END)
    since = built.history_minutes * 60.0
    parts = [readings_between(built, 30.0, since + n / 10, since + (n + 1) / 10) for n in range(100)]
    rows = pa.concat_tables(parts)
    assert abs(len(rows) - 300) <= 1
    assert max(Counter(rows["equipment_id"].to_pylist()).values()) <= 101
    keys = set(zip(rows["equipment_id"].to_pylist(), rows["event_time"].to_pylist(), strict=True))
    assert len(keys) == len(rows), "a machine was read twice at one moment"


def test_windows_however_cut_give_every_event_and_inspection_once():
    built = plant(3, 2, 1, END)
    first, last = built.history_minutes, built.history_minutes + 36 * 60
    found: dict[str, list] = {STATUS: [], QUALITY: [], "production-metrics": []}
    for cut in range(first * 60, last * 60, 7919):
        for stream, rows in happenings(built, cut, min(cut + 7919, last * 60)):
            found[stream] += rows.to_pylist()
    assert found[STATUS] == status(built, first + 1, last + 1).to_pylist()
    inspected = [*quality(built, 2).to_pylist(), *quality(built, 3).to_pylist()]
    assert found[QUALITY] == [r for r in inspected if END < r["event_time"] <= END + timedelta(hours=36)]
    hours = Counter(r["event_time"] for r in found["production-metrics"])
    assert all(END <= hour < END + timedelta(hours=36) for hour in hours)


def test_a_live_plant_ends_when_it_is_told_to_and_reads_now():
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    built = plant(2, 1, 1, end, until=end + timedelta(hours=3))
    asked = []

    def wait(seconds: float) -> bool:
        import time

        time.sleep(seconds)
        asked.append(seconds)
        return len(asked) == 3

    begun = datetime.now(UTC)
    rows = [row for stream, part in live(built, 40.0, 3600.0, wait) if stream == SENSORS for row in part.to_pylist()]
    assert 15 <= len(rows) <= 60
    assert all(begun - timedelta(seconds=1) <= row["event_time"] <= datetime.now(UTC) for row in rows)
