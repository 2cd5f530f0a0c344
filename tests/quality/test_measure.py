"""What is measured: counted once, in the hour where it belongs, whatever runs are killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from millwright.errors import MillwrightError
from millwright.warehouse import session
from quality import ledger
from quality.measure import measure
from tests.quality.landed import Landed, minute, reading, reject

TABLES = (
    "quality_hours",
    "quality_rejected",
    "quality_fields",
    "quality_event_hours",
    "quality_machines",
    "quality_positions",
)


def rows(query: str) -> list[tuple]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def contents() -> dict[str, list[tuple]]:
    """All that is counted, without the ids of runs."""
    return {name: sorted(rows(f"select (to_jsonb(t) - 'run_id')::text from platform.{name} t")) for name in TABLES}


def physically() -> list[tuple]:
    return [place for name in TABLES for place in sorted(rows(f"select ctid::text, xmin::text from platform.{name}"))]


def run() -> None:
    measure(["equipment-sensors"])


def test_records_are_counted_in_the_hour_of_their_append_time_with_reasons(landed: Landed):
    landed.publish([reading("m1", 10), reject("not_avro_wire_format", 20), reading("m1", 59)])
    landed.publish([reading("m1", 59.5), reject("out_of_range:vibration", 61), reading("m1", 62)])
    run()
    assert rows("select hour, accepted, rejected from platform.quality_hours order by 1") == [
        (minute(0), 3, 1),
        (minute(60), 1, 1),
    ]
    assert rows("select hour, reason, records from platform.quality_rejected order by 1") == [
        (minute(0), "not_avro_wire_format", 1),
        (minute(60), "out_of_range:vibration", 1),
    ]


def test_a_second_run_changes_no_row(landed: Landed):
    landed.publish([reading("m1", 10), reject("empty", 11)])
    run()
    before = physically(), rows("select count(*) from platform.quality_runs")
    run()
    assert (physically(), rows("select count(*) from platform.quality_runs")) == before


def test_a_run_opens_only_what_is_new_and_the_file_before_it(landed: Landed, monkeypatch):
    from millwright.store import FileStore

    files = [landed.publish([reading("m1", number)]) for number in range(20)]
    run()
    opened, read = set(), FileStore.read

    def watched(self, key, limit=-1):
        opened.add(key)
        return read(self, key, limit)

    monkeypatch.setattr(FileStore, "read", watched)
    new = landed.publish([reading("m1", 30)])
    run()
    assert {key for key in opened if key.endswith(".avro")} == {files[-1], new}


def test_nulls_are_counted_by_field_and_a_field_that_a_file_does_not_know_is_null(landed: Landed):
    landed.publish([reading("m1", 1, temperature=20.0), reading("m1", 2, temperature=21.0, vibration=1.0)])
    landed.publish([reading("m1", 3, temperature=20.0)], without=["vibration"])
    run()
    found = dict(rows("select field, nulls from platform.quality_fields where is_channel and records = 3"))
    assert (found["temperature"], found["vibration"], found["pressure"]) == (0, 2, 3)


def test_late_history_and_out_of_order_records_are_told_apart(landed: Landed):
    landed.publish(
        [
            reading("m1", 10),
            reading("m1", 11, late=30),  # older than the one before
            reading("m2", 12, late=30),  # late, and the first of its machine
            reading("m2", 13, late=60 * 24 * 90),
        ]
    )
    run()
    assert rows("select delay_1m, delay_1h, delay_more, out_of_order from platform.quality_hours") == [(1, 2, 1, 2)]
    events = rows("select event_hour, delay_1m, delay_1h, delay_more from platform.quality_event_hours order by 1")
    assert events[-2:] == [(minute(-60), 0, 2, 0), (minute(0), 1, 0, 0)]


def test_a_mended_record_leaves_the_reason_and_the_hour_in_which_it_was_rejected(landed: Landed):
    landed.publish([reject("empty", 1), reject("unknown_schema", 2), reject("unknown_schema", 70), reading("m1", 71)])
    run()
    landed.mend({1: reading("m1", 2), 2: reading("m1", 70)}, {"unknown_schema": 2})
    run()
    hours = rows("select accepted, rejected, mended, delay_1m from platform.quality_hours order by hour")
    assert hours == [(1, 1, 1, 1), (2, 0, 1, 2)]
    left = rows("select reason, sum(records) from platform.quality_rejected group by 1 order by 1")
    assert left == [("empty", 1), ("unknown_schema", 0)]


def test_mended_records_of_several_reasons_and_hours_each_leave_their_own(landed: Landed):
    landed.publish([reject("empty", 1), reject("unknown_schema", 70), reading("m1", 71)])
    landed.mend({0: reading("m1", 1), 1: reading("m1", 70)}, {"empty": 1, "unknown_schema": 1})
    run()
    assert rows("select coalesce(sum(abs(records)), 0) from platform.quality_rejected") == [(0,)]


def test_what_kafka_dropped_before_it_was_landed_counts_as_lost(landed: Landed):
    landed.publish([reading("m1", 1)])
    landed.lose(7)
    landed.publish([reading("m1", 90)])
    run()
    assert rows("select hour, lost from platform.quality_hours order by 1") == [(minute(0), 0), (minute(60), 7)]


def test_hours_in_which_nothing_came_have_a_row_of_zeros(landed: Landed):
    landed.publish([reading("m1", 1)])
    run()
    landed.publish([reading("m1", 190)])
    run()
    assert rows("select accepted from platform.quality_hours order by hour") == [(1,), (0,), (0,), (1,)]


def test_the_gaps_between_arrivals_are_those_of_minutes_so_a_burst_is_one(landed: Landed):
    landed.publish([reading("m1", 0), reading("m1", 0.1), reading("m1", 0.2), reading("m1", 10), reading("m1", 20.5)])
    run()
    landed.publish([reading("m1", 20.9), reading("m1", 25)])
    run()
    assert rows("select gaps, records from platform.quality_machines") == [([600, 600, 300], 7)]


def test_any_cut_into_files_and_runs_gives_the_same_counts(landed: Landed, tmp_path, monkeypatch):
    from millwright.settings import settings

    draw = random.Random(5)
    records = []
    for number in range(300):
        at = number * 1.7 + draw.uniform(-3, 3)  # the broker's clock may step back
        late = draw.choice([0, 0, 0, 5, 400, 90_000])
        value = draw.choice([None, 1.0])
        records.append(
            reject("empty", at) if draw.random() < 0.1 else reading(draw.choice("ab"), at, late, voltage=value)
        )
    landed.publish(records)
    run()
    whole = contents()

    def tidy() -> None:
        with session() as connection, connection.cursor() as cursor:
            cursor.execute(f"truncate {', '.join(f'platform.{name}' for name in TABLES)}")

    for attempt in range(3):
        tidy()
        monkeypatch.setenv("MILLWRIGHT_LAKE_URL", f"file://{tmp_path}/again{attempt}")
        settings.cache_clear()
        again, at = Landed(landed.contract), 0
        while at < len(records):
            size = draw.randint(1, 60)
            again.publish(records[at : at + size])
            at += size
            if draw.random() < 0.5:
                run()
        run()
        assert contents() == whole
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("place", ["quality.before_commit", "quality.after_commit"])
def test_a_run_that_is_killed_is_taken_up_by_the_next_and_nothing_is_counted_twice(landed: Landed, place: str):
    landed.publish([reading("m1", 1), reject("empty", 2)])
    run()
    landed.publish([reading("m1", 3), reject("empty", 4)])
    code = "from quality.measure import measure; measure(['equipment-sensors'])"
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": place}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == -9
    run()
    assert rows("select accepted, rejected from platform.quality_hours") == [(2, 2)]


def test_two_runs_at_once_are_refused_in_one_sentence(landed: Landed):
    with session() as connection, connection.cursor() as cursor:
        ledger.lock(cursor)
        with pytest.raises(MillwrightError, match="Another run measures the data's quality"):
            run()
