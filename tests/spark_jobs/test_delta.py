"""Silver in a bucket: when answers are lost, and when the server is away."""

from __future__ import annotations

import datetime as dt

import pytest

from millwright.contracts import contract
from millwright.errors import Unavailable
from millwright.settings import settings
from millwright.store import lake_store
from spark_jobs import cleanse, delta
from spark_jobs.cleanse import cleanse_new
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema
from tests.bad_network import LOST_ANSWER, BadNetwork
from tests.spark_jobs.bronze_writer import BronzeWriter
from tests.spark_jobs.silver_rows import silver_rows

STREAM, MAY = "equipment-sensors", dt.date(2015, 5, 31)


@pytest.mark.parametrize("lost", [0, 1], ids=["of the rows", "of the commit"])
def test_a_commit_whose_answer_was_lost_is_there_once(s3, s3_lake, monkeypatch, lost):
    spec = contract(STREAM)
    Silver.open(spec)
    network = BadNetwork(s3.endpoint)
    monkeypatch.setenv("MILLWRIGHT_LAKE_ENDPOINT", network.endpoint)
    settings.cache_clear()
    silver = Silver.open(spec)
    network.will([""] * lost + [LOST_ANSWER])
    silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0)]), {0: 7})
    network.end()
    monkeypatch.undo()
    settings.cache_clear()
    monkeypatch.setenv("MILLWRIGHT_LAKE_URL", s3_lake)
    monkeypatch.setenv("MILLWRIGHT_LAKE_ENDPOINT", s3.endpoint)
    after = Silver.open(spec)
    assert (after.version, after.vector(), after.rows_by_date()) == (1, {0: 7}, {MAY: 1})


def test_a_commit_costs_as_many_requests_after_thirty_as_after_ten(s3, s3_lake, monkeypatch):
    network = BadNetwork(s3.endpoint)
    monkeypatch.setenv("MILLWRIGHT_LAKE_ENDPOINT", network.endpoint)
    settings.cache_clear()
    spec, cost = contract(STREAM), []
    for commit in range(31):
        network.requests = 0
        Silver.open(spec).replace([], silver_schema(spec).empty_table(), dict.fromkeys(range(6), commit))
        cost.append(network.requests)
    network.end()
    monkeypatch.undo()
    settings.cache_clear()
    assert max(cost[11:]) <= 2 * max(cost[:10])


def test_a_lake_that_is_away_is_one_sentence(s3, s3_lake, monkeypatch):
    monkeypatch.setitem(delta._PATIENCE, "retry_timeout", "1s")
    spec = contract(STREAM)
    silver = Silver.open(spec)
    silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0)]), {0: 1})
    silver = Silver.open(spec)
    s3.kill()
    try:
        for deed in (
            lambda: Silver.open(spec),
            lambda: silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 2.0)]), {0: 2}),
            lambda: silver.replace([], silver_schema(spec).empty_table(), {0: 2}),
        ):
            with pytest.raises(
                Unavailable, match=rf"The lake at {s3_lake} (does not answer|could not .*)\. See that"
            ) as told:
                deed()
            assert "\n" not in str(told.value)
    finally:
        s3.start()
    assert Silver.open(spec).vector() == {0: 1}
    silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 2.0)]), {0: 2})
    assert (Silver.open(spec).vector(), Silver.open(spec).rows_by_date()) == ({0: 2}, {MAY: 1})


def test_a_lake_that_goes_away_under_spark_is_one_sentence_and_the_next_run_does_the_work(s3, s3_lake, monkeypatch):
    at = dt.datetime(2015, 5, 31, 12, tzinfo=dt.UTC)
    BronzeWriter(contract(STREAM)).write(0, [{"equipment_id": "M-1", "event_time": at, "temperature": 1.0}])

    def then_kill(*arguments):
        s3.kill()
        return cleanse_batches(*arguments)

    cleanse_batches = cleanse.batches
    monkeypatch.setattr(cleanse, "batches", then_kill)
    try:
        with pytest.raises(Unavailable, match=f"The lake at {s3_lake} does not answer"):
            cleanse_new(STREAM)
    finally:
        s3.start()
    monkeypatch.setattr(cleanse, "batches", cleanse_batches)
    assert cleanse_new(STREAM).records == 1
    assert lake_store().names("silver") == ["sensor_readings"]
