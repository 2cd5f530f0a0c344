"""`millwright quality` on a screen, and as JSON."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from millwright.errors import MillwrightError
from quality.alerts import raise_alerts
from quality.cli import quality
from tests.dbt_transformations.conftest import Dbt, dbt
from tests.quality.landed import Landed, minute, reading, reject
from tests.quality.test_measure import rows, run

__all__ = ["Dbt", "dbt"]


def say(*args: str) -> str:
    done = CliRunner().invoke(quality, args, env={"COLUMNS": "120"}, catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_before_anything_is_measured_it_says_what_to_do(fresh_database):
    with pytest.raises(MillwrightError, match=r"Nothing has been measured yet\. Run `millwright quality run`"):
        CliRunner().invoke(quality, [], catch_exceptions=False)


def test_a_stream_without_a_name_that_there_is_is_told_in_one_sentence(fresh_database):
    with pytest.raises(MillwrightError, match="There is no stream 'sensors'"):
        CliRunner().invoke(quality, ["--stream", "sensors"], catch_exceptions=False)


def test_what_is_measured_and_breached_is_shown_once_it_is_told(landed: Landed, dbt: Dbt, stack):
    at = [number / 4 for number in range(200)]
    landed.publish([reject("empty", t) if n % 33 == 0 else reading("m1", t, voltage=1.0) for n, t in enumerate(at)])
    run()
    dbt("run", "--select", "+mart_data_quality", "+mart_data_freshness")
    assert "Nothing is in breach." in say()
    raise_alerts(minute(60))
    shown = say("--stream", "equipment-sensors")
    assert "equipment-sensors" in shown
    assert "96.5% !" in shown
    assert "critical  equipment-sensors: 96.5 % of 200 records were valid on 01 Mar from 06:00 to" in shown
    told = json.loads(say("--json"))
    assert told["hours"][0]["breaches"] == ["validation_pass_rate"]
    assert told["breaches"][0]["rule"] == "validation_pass_rate"
    assert json.loads(say("--json", "--stream", "equipment-status"))["hours"] == []
    assert rows("select count(*) from platform.quality_alerts") == [(1,)]
