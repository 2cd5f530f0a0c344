"""What `analytics watch` shows: each channel's newest minute, its highest revision, and its last minutes."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from rich.console import Console

from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.publisher import publish
from streaming.analytics import watch
from streaming.analytics.cli import analytics
from streaming.analytics.newest import Newest
from tests.stack import TestStack

BEGIN = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=1)


def _row(minute: int, mean: float | None, revision: int = 0, machine: str = "a", **other: Any) -> dict[str, Any]:
    at = BEGIN + timedelta(minutes=minute)
    row = {"equipment_id": machine, "event_time": at, "stream": "equipment-sensors", "channel": "vibration"}
    numbers = dict.fromkeys(("mean", "minimum", "maximum", "last"), mean)
    return row | numbers | {"readings": 0 if mean is None else 1, "revision": revision} | other


def _newest(*rows: dict[str, Any], minutes: int = 30) -> Newest:
    newest = Newest(minutes)
    for row in rows:
        newest.take(pa.Table.from_pylist([row], contract("equipment-minutes").arrow_schema))
    return newest


def test_the_newest_minute_is_shown_though_an_older_one_comes_later():
    [row] = _newest(_row(2, 5.0), _row(1, 3.0)).rows()
    assert row["mean"] == 5.0


def test_the_highest_revision_counts_though_a_restart_repeats_the_first():
    [row] = _newest(_row(1, 3.0), _row(1, 4.0, revision=1), _row(1, 3.0)).rows()
    assert (row["mean"], row["revision"]) == (4.0, 1)


def test_a_machine_or_a_stream_can_be_chosen():
    newest = _newest(_row(1, 3.0), _row(1, 3.0, machine="b"))
    assert [row["equipment_id"] for row in newest.rows()] == ["a", "b"]
    assert [row["equipment_id"] for row in newest.rows(machine="b")] == ["b"]
    assert newest.rows(stream="other") == []


def test_a_sparkline_has_a_blank_where_there_was_no_minute():
    newest = _newest(_row(1, 1.0), _row(3, 8.0), _row(4, None))
    assert newest.sparkline(newest.rows()[0], 5) == " ▁ █ "
    assert _newest(_row(1, 7.0)).sparkline(_row(1, 7.0), 2) == " ▁"


def test_only_so_many_minutes_are_kept():
    newest = _newest(*(_row(at, 1.0) for at in range(9)), minutes=3)
    assert [len(kept) for kept in newest.series.values()] == [3]


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_a_screen(width: int):
    newest = _newest(_row(1, 123_456.789), _row(1, -12.3456, channel="temperature", revision=2))
    console = Console(file=io.StringIO(), width=width)
    console.print(watch._table(newest, newest.rows(), 9, watch._bars(console)))
    said = console.file.getvalue()
    assert "…" not in said
    assert all(part in said for part in ("temperature", "-12.35", "123,457", "mm/s", "r2"))


def test_what_is_on_the_topic_is_printed_for_a_script(stack: TestStack):
    publish("equipment-minutes", [_row(1, 3.0, machine="watch-test"), _row(2, 4.0, machine="watch-test")])
    done = CliRunner().invoke(analytics, ["watch", "--machine", "watch-test", "--json"], catch_exceptions=False)
    [row] = json.loads(done.output)
    assert (row["mean"], row["event_time"]) == (4.0, (BEGIN + timedelta(minutes=2)).isoformat())
    done = CliRunner().invoke(analytics, ["watch", "--machine", "watch-test", "--once"], catch_exceptions=False)
    assert "watch-test" in done.output


def test_a_stream_without_channels_is_named():
    with pytest.raises(MillwrightError, match="'equipment-status' is no stream with channels"):
        watch.check("equipment-status")
