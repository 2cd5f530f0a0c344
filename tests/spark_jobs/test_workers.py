"""What Spark's workers are sent works without this package."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from pyspark import cloudpickle

from millwright.contracts import contract
from spark_jobs import frames
from spark_jobs.workers import parted

KEYS = st.sampled_from(["a", "b", None])


@given(st.lists(st.tuples(KEYS, KEYS), max_size=20), st.integers(0, 20))
def test_rows_of_one_key_come_together_and_stay_in_order(keys, cut):
    rows = pa.table(
        {"x": pa.array([x for x, _ in keys], pa.string()), "y": pa.array([y for _, y in keys], pa.string())}
        | {"n": pa.array(range(len(keys)), pa.int64())}
    )
    parts = parted(pa.concat_tables([rows.slice(0, cut), rows.slice(cut)]), ["x", "y"])
    found = [(key, part["n"].to_pylist()) for part in parts for key in {(r["x"], r["y"]) for r in part.to_pylist()}]
    assert len({key for key, _ in found}) == len(found) == (len(parts) if keys else 0)
    assert {key: [n for n, k in enumerate(keys) if k == key] for key in keys} == dict(found)


def test_cleansing_travels_whole_to_workers_that_have_not_this_package(monkeypatch, tmp_path):
    sent = []
    monkeypatch.setattr(
        frames, "by_key", lambda rows, keys, function, schema, *modules: sent.append((function, modules))
    )

    class Rows:
        schema = frames.record_schema(contract("equipment-sensors"))

    frames.cleansed(Rows(), contract("equipment-sensors"))
    ((function, modules),) = sent
    from spark_jobs.workers import travels

    (tmp_path / "sent").write_bytes(cloudpickle.dumps(travels(function, *modules)))
    (tmp_path / "rows.py").write_text(WORKER)
    done = subprocess.run([sys.executable, tmp_path / "rows.py", tmp_path / "sent"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["10", "temperature"]


WORKER = """
import pickle, sys
for name in ("spark_jobs", "millwright", "numba"):
    sys.modules[name] = None
import pyarrow as pa
function = pickle.loads(open(sys.argv[1], "rb").read())
at = pa.array([n * 60_000_000 for n in range(10)] + [0]).cast(pa.timestamp("us", "UTC"))
values = [1.0] * 9 + [900.0, 1.0]
columns = {"equipment_id": ["M"] * 11, "event_time": at, "_partition": [0] * 11, "_offset": list(range(11))}
channels = ("temperature", "vibration", "pressure", "rotation", "voltage", "current")
found = function(pa.table(columns | {name: values if name == "temperature" else [1.0] * 11 for name in channels}))
print(found.num_rows, found["outlier_channels"][9])
"""
