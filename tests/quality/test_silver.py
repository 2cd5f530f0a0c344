"""What cleansing dropped is told by silver's own commits."""

from __future__ import annotations

import shutil

from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from tests.quality.landed import Landed, reading
from tests.quality.test_measure import rows, run

STREAM = "equipment-sensors"
COMMITS = "select records, duplicates, newest_append_time from platform.silver_commits order by version"


def test_duplicates_are_counted_once_by_the_commit_that_dropped_them(landed: Landed, lake):
    first, second = reading("m1", 1), reading("m1", 2)
    landed.publish([first, first, second])
    with Engine() as engine:
        cleanse_new(STREAM, engine)
        run()
        assert rows(COMMITS) == [(3, 1, second["_append"])]
        landed.publish([{**first, "_append": reading("m1", 70)["_append"]}])
        cleanse_new(STREAM, engine)
        run()
        run()
        assert rows(COMMITS)[1:] == [(1, 1, reading("m1", 70)["_append"])]
        assert rows("select count(distinct version) from platform.silver_commits") == [(2,)]

        shutil.rmtree(lake / "silver" / "sensor_readings")
        before = rows("select max(run_id) from platform.quality_hours")
        cleanse_new(STREAM, engine)
        run()
    assert rows("select sum(records), sum(duplicates) from platform.silver_commits") == [(4, 2)]
    assert rows("select min(run_id) from platform.quality_hours") > before  # their share of duplicates is another now
