from __future__ import annotations

import pytest

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from spark_jobs.engine import Engine, spark


@pytest.fixture
def spark_url(monkeypatch):
    def set_to(url):
        monkeypatch.setenv("MILLWRIGHT_SPARK_URL", url)
        settings.cache_clear()

    yield set_to
    settings.cache_clear()


def _start() -> None:
    with spark():
        pass


def test_an_engine_computes_in_utc_and_reads_avro(engine):
    assert (
        engine.session.sql("select cast(timestamp'2015-07-01 00:30:00' as string)").first()[0].startswith("2015-07-01")
    )
    assert engine.session.conf.get("spark.sql.session.timeZone") == "UTC"
    assert engine.avro == "avro"


def test_a_spark_that_does_not_answer_is_said_at_once(spark_url):
    spark_url("sc://127.0.0.1:1")
    with pytest.raises(Unavailable, match=r"Spark at sc://127\.0\.0\.1:1 does not answer"):
        _start()


def test_an_address_that_names_no_spark_is_refused(spark_url):
    spark_url("yarn")
    with pytest.raises(MillwrightError, match="'yarn' names no Spark"):
        _start()


def test_an_engine_that_is_not_used_starts_nothing(spark_url):
    spark_url("sc://127.0.0.1:1")
    with Engine():
        pass
