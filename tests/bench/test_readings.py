import pyarrow as pa
import pyarrow.compute as pc

from bench.readings import mean_bytes, readings
from millwright.contracts import contract


def test_readings_are_as_many_as_asked_for_each_in_range_and_of_a_moment_of_its_own() -> None:
    table = pa.concat_tables(readings(250_007))
    assert len(table) == 250_007
    assert pc.count_distinct(table["event_time"]).as_py() == 250_007
    for field in contract("equipment-sensors").channels:
        span = pc.min_max(table[field.name]).as_py()
        assert field.valid is not None
        assert field.valid[0] <= span["min"] < span["max"] <= field.valid[1]
        assert pc.count_distinct(table[field.name]).as_py() > 249_000  # nothing repeats that zstd could find


def test_a_record_is_of_about_100_bytes() -> None:
    assert 98 <= mean_bytes() <= 106
