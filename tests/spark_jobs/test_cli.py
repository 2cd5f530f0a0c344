from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from millwright.cli import cli
from millwright.contracts import contract, contracts
from millwright.errors import MillwrightError
from tests.spark_jobs.bronze_writer import BronzeWriter
from tests.spark_jobs.test_cleanse import SENSORS, reading

pytestmark = pytest.mark.usefixtures("fresh_database", "lake")


def _run(*arguments: str) -> str:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False).stdout


def test_cleanse_features_and_load_say_what_they_did():
    BronzeWriter(contract(SENSORS)).write(0, [reading("M-1", 0), reading("M-1", 0)])
    cleansed = {row["stream"]: row for row in json.loads(_run("cleanse", "--json"))}
    assert list(cleansed) == list(contracts())
    assert (cleansed[SENSORS]["records"], cleansed[SENSORS]["duplicates"]) == (2, 1)
    computed = {row["table"]: row["rows_written"] for row in json.loads(_run("features", "--json"))}
    assert computed["sensor_features_hourly"] == 1
    assert "sensor_summary_weekly" in _run("features")
    (loaded,) = json.loads(_run("load", "--json", SENSORS))
    assert (loaded["table"], loaded["rows_inserted"]) == ("sensor_readings", 1)
    table = _run("load", SENSORS)
    assert "sensor_readings" in table
    assert "inserted" in table


def test_an_unknown_stream_is_named():
    with pytest.raises(MillwrightError, match="no stream 'sensors'; there are equipment-alerts"):
        _run("cleanse", "sensors")
