"""From Kafka to silver: readings out of a range that turns out to be too narrow."""

from __future__ import annotations

import json

from click.testing import CliRunner

from millwright.contracts import contract, contracts
from spark_jobs.cleanse import cleanse_new
from spark_jobs.silver import Silver
from streaming.lake_care import care
from streaming.quarantined.cli import quarantine
from streaming.sink.once import land
from streaming.sink.outcomes import outcomes
from tests.streaming.sink.conftest import Line, line  # noqa: F401

TOO_HOT = 5000.0  # °C; the contract allows 1000


def ask(*args: str):
    answer = CliRunner().invoke(quarantine, [*args, "--json"], catch_exceptions=False)
    return json.loads(answer.stdout)


def test_a_range_that_was_widened_brings_its_records_into_silver(line: Line):  # noqa: F811
    line.send(10)
    line.send(3, junk=1, temperature=TOO_HOT)
    land([line.topic])
    stream = line.topic
    assert {(each["reason"], each["records"]) for each in ask("ls", "--stream", stream)} == {
        ("out_of_range:temperature", 3),
        ("not_avro_wire_format", 1),
    }
    shown = ask("show", "--stream", stream, "--reason", "out_of_range", "--limit", "2")
    assert [each["fields"]["temperature"] for each in shown] == [TOO_HOT, TOO_HOT]
    assert cleanse_new(stream).records == 10
    assert not [each for each in ask("retry", "--stream", stream)["outcomes"] if each["now"] == "accepted"]

    [path] = line.contracts_dir.glob("*.avsc")
    avro = json.loads(path.read_text())
    [field] = [field for field in avro["fields"] if field["name"] == "temperature"]
    field["valid"] = [-60.0, 9000.0]
    path.write_text(json.dumps(avro))
    contracts.cache_clear()

    told = ask("retry", "--stream", stream, "--dry-run")
    assert told["dry_run"]
    assert {(each["was"], each["now"], each["records"]) for each in told["outcomes"]} == {
        ("out_of_range:temperature", "accepted", 3),
        ("not_avro_wire_format", "not_avro_wire_format", 1),
    }
    assert outcomes([stream])[stream]["accepted"] == 10
    for _ in range(2):
        ask("retry", "--stream", stream)
    counted = outcomes([stream])[stream]
    assert (counted["accepted"], counted["consumed"], counted["quarantined"]) == (13, 14, {"not_avro_wire_format": 1})
    assert [damage for each in care.verify([stream]) for damage in each.damages] == []
    assert cleanse_new(stream).records == 3
    assert sum(Silver.open(contract(stream)).rows_by_date().values()) == 11  # ten readings were of eight machines
