from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from millwright.contracts import contract
from streaming.simulate.plant import plant
from streaming.simulate.records import SENSORS, STREAMS, history
from streaming.simulate.truth import truth

END = datetime(2026, 4, 6, tzinfo=UTC)  # clocks change in two of the plants in the fortnight before
TEN_MINUTES = timedelta(minutes=10)


def everything(built, interval=TEN_MINUTES) -> dict[str, pa.Table]:
    tables = defaultdict(list)
    for stream, rows in history(built, interval):
        tables[stream].append(rows)
    return {stream: pa.concat_tables(parts) for stream, parts in tables.items()}


@pytest.fixture(scope="module")
def built():
    return plant(15, 60, 3, END)


@pytest.fixture(scope="module")
def records(built):
    return everything(built)


def test_the_same_seed_and_end_make_the_same_records_and_another_seed_others():
    first, again, other = (everything(plant(3, 4, seed, END)) for seed in (1, 1, 2))
    assert first == again
    assert all(first[stream] != other[stream] for stream in STREAMS)


def test_a_story_told_further_ahead_and_more_machines_change_nothing_before():
    near, far = everything(plant(3, 5, 1, END)), everything(plant(4, 5, 1, END, until=END + timedelta(days=200)))
    for stream in STREAMS:
        of_three = far[stream].filter(pc.not_equal(far[stream]["equipment_id"], "M0004"))
        assert of_three == near[stream], stream


def test_every_machine_is_read_at_every_interval_from_start_to_end(built, records):
    assert len(records[SENSORS]) == 15 * 60 * 144
    times = pc.unique(records[SENSORS]["event_time"]).to_pylist()
    assert times[0] == END - timedelta(days=60)
    assert times[-1] == END - TEN_MINUTES
    assert len(times) == 60 * 144
    odd = everything(plant(1, 2, 1, END), timedelta(minutes=7))[SENSORS]
    assert len(odd) == -(-2 * 1440 // 7)
    assert set(np.diff(odd["event_time"].cast(pa.int64()).to_numpy())) == {420_000_000}


@pytest.mark.parametrize("stream", STREAMS)
def test_every_record_keeps_its_contract(records, stream):
    spec, rows = contract(stream), records[stream]
    assert rows.schema == spec.arrow_schema
    for field in spec.fields:
        column = rows[field.name]
        assert field.nullable or column.null_count == 0, field.name
        if field.valid and field.avro_type != "timestamp-micros":
            ends = pc.min_max(column).as_py()
            assert field.valid[0] <= ends["min"] <= ends["max"] <= field.valid[1], field.name
        if field.allowed:
            assert set(pc.unique(column).to_pylist()) == set(field.allowed), field.name
    keys = rows.select(list(spec.unique)).group_by(list(spec.unique)).aggregate([])
    assert len(keys) == len(rows), "two records are the same"
    assert pc.all(pc.less(rows["event_time"], pa.scalar(END))).as_py()


def test_a_unit_is_good_or_has_a_defect_and_good_units_are_units(records):
    inspected, made = records["quality-metrics"], records["production-metrics"]
    good = pc.equal(inspected["result"], "Good")
    assert pc.all(pc.equal(good, pc.is_null(inspected["defect_type"]))).as_py()
    assert pc.all(pc.less_equal(made["good_units"], made["units"])).as_py()
    assert 0.8 < pc.mean(good.cast(pa.int8())).as_py() < 0.97


def test_what_is_inspected_is_what_the_machine_made_then(records):
    made = {(r["equipment_id"], r["event_time"]): r["product_id"] for r in records["production-metrics"].to_pylist()}
    for row in records["quality-metrics"].slice(0, 2000).to_pylist():
        hour = row["event_time"].replace(minute=0, second=0, microsecond=0)
        assert made[row["equipment_id"], hour] == row["product_id"]


def test_wear_makes_defects_and_errors_likelier(built, records):
    """A tenth of the machine-days with the most wear against the rest."""
    worst = {(w["equipment_id"], w["at"][:10]): max(w["wear"].values()) for w in truth(built)["wear"]}
    limit = np.quantile(list(worst.values()), 0.9)

    def share(rows, bad):
        found = {True: [], False: []}
        for row in rows.to_pylist():
            day = (row["event_time"] + timedelta(days=1)).date().isoformat()
            found[worst[row["equipment_id"], day] >= limit].append(bad(row))
        return np.mean(found[True]), np.mean(found[False])

    worn, fresh = share(records["quality-metrics"], lambda row: row["result"] != "Good")
    assert worn > 1.5 * fresh
    worn, fresh = share(records["equipment-status"], lambda row: row["kind"] == "error")
    assert worn > 2 * fresh
