from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs.latest import latest

SCHEMA = pa.schema(
    {"machine": pa.string(), "at": pa.timestamp("us", "UTC"), "code": pa.string()}
    | {"value": pa.int64(), "_partition": pa.int32(), "_offset": pa.int64()}
)
record = st.fixed_dictionaries(
    {
        "machine": st.sampled_from(["a", "b"]),
        "at": st.integers(0, 2),
        "code": st.sampled_from([None, "x", "y"]),
        "value": st.integers(0, 99),
        "_partition": st.integers(0, 1),
    }
)
UNIQUE = ["machine", "at", "code"]


@given(st.lists(record, max_size=30), st.randoms())
def test_of_records_of_one_thing_the_last_holds_in_whatever_order_they_are_read(records, random):
    rows = [{**row, "_offset": number} for number, row in enumerate(records)]
    wanted = {tuple(row[name] for name in UNIQUE): row["value"] for row in rows}
    random.shuffle(rows)
    half = len(rows) // 2
    parts = [pa.Table.from_pylist(part, schema=SCHEMA) for part in (rows[:half], rows[half:])]
    found = latest(pa.concat_tables(parts), UNIQUE)
    told = found.set_column(1, "at", found["at"].cast(pa.int64())).to_pylist()
    assert {tuple(row[name] for name in UNIQUE): row["value"] for row in told} == wanted
    assert len(told) == len(wanted)
