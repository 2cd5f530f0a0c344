from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import contract
from millwright.errors import Unavailable
from spark_jobs import delta_log
from spark_jobs.delta import opened
from spark_jobs.silver import Silver, changed_dates, runs
from spark_jobs.silver_files import silver_schema
from tests.contract_change import changed_contract
from tests.spark_jobs.silver_rows import silver_rows

STREAM = "equipment-sensors"
MAY, JUNE = dt.date(2015, 5, 31), dt.date(2015, 6, 1)
dates = st.sets(st.integers(0, 40).map(lambda n: MAY + dt.timedelta(days=n)))


@given(dates)
def test_runs_hold_exactly_their_dates(days):
    spans = runs(days)
    held = [first + dt.timedelta(days=i) for first, last in spans for i in range((last - first).days + 1)]
    assert held == sorted(days)
    assert all(after - last > dt.timedelta(days=1) for (_, last), (after, _) in pairwise(spans))


@pytest.mark.usefixtures("any_lake")
def test_the_vector_is_committed_with_the_rows():
    spec = contract(STREAM)
    silver = Silver.open(spec)
    assert silver.vector() == {}
    silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0)]), {4: 17})
    silver.replace([], silver_rows(spec, []), {0: 3})
    again = Silver.open(spec)
    assert (again.version, again.vector(), again.rows_by_date()) == (silver.version, {4: 17, 0: 3}, {MAY: 1})


@pytest.mark.usefixtures("any_lake")
def test_the_vector_outlives_the_logs_clean_up():
    spec = contract(STREAM)
    silver = Silver.open(spec)
    silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0)]), {1: 5})
    table = opened(spec.table)
    table.create_checkpoint()
    table.cleanup_metadata()
    assert Silver.open(spec).vector() == {1: 5}


@pytest.mark.usefixtures("any_lake")
@pytest.mark.parametrize("first", [[MAY], []], ids=["rows", "vector only"])
@pytest.mark.parametrize("second", [[MAY], [JUNE], []], ids=["same date", "other date", "vector only"])
def test_a_run_on_an_older_version_is_refused_whatever_it_writes(first, second):
    spec = contract(STREAM)
    Silver.open(spec).replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0)]), {0: 1})
    early, late = Silver.open(spec), Silver.open(spec)
    late.replace(first, silver_rows(spec, [(date, "M-1", 2.0) for date in first]), {0: 2})
    after = late.read([MAY, JUNE], silver_schema(spec)).read_all()
    with pytest.raises(Unavailable, match="Another run has cleansed equipment-sensors meanwhile"):
        early.replace(second, silver_rows(spec, [(date, "M-1", 3.0) for date in second]), {1: 9})
    now = Silver.open(spec)
    assert (now.version, now.vector()) == (late.version, {0: 2})
    assert now.read([MAY, JUNE], silver_schema(spec)).read_all() == after


@pytest.mark.usefixtures("lake")
def test_a_commit_of_another_run_on_top_of_ours_is_in_the_vector(monkeypatch):
    spec = contract(STREAM)
    silver, commit = Silver.open(spec), delta_log.commit

    def overtaken(*what):
        committed = commit(*what)
        monkeypatch.undo()
        Silver.open(spec).replace([], silver_rows(spec, []), {1: 5})
        return committed

    monkeypatch.setattr(delta_log, "commit", overtaken)
    silver.replace([], silver_rows(spec, []), {0: 3})
    assert silver.vector() == {0: 3, 1: 5}


@pytest.mark.usefixtures("any_lake")
def test_only_the_dates_that_were_replaced_have_changed():
    spec = contract(STREAM)
    silver = Silver.open(spec)
    silver.replace([MAY, JUNE], silver_rows(spec, [(MAY, "M-1", 1.0), (JUNE, "M-1", 1.0)]), {0: 2})
    old = Silver.find(spec, silver.version)
    silver.replace([JUNE], silver_rows(spec, [(JUNE, "M-1", 2.0)]), {0: 3})
    assert changed_dates(old, silver) == {JUNE}
    silver.replace([JUNE], silver_rows(spec, []), {0: 4})
    assert changed_dates(old, silver) == {JUNE}
    assert silver.rows_by_date() == {MAY: 1}


@pytest.mark.usefixtures("any_lake")
def test_a_version_that_is_not_there_is_not_found():
    spec = contract(STREAM)
    assert Silver.find(spec) is None
    Silver.open(spec)
    assert Silver.find(spec, 99) is None


@pytest.mark.usefixtures("any_lake")
def test_a_contracts_new_field_is_null_in_old_rows():
    spec = contract(STREAM)
    Silver.open(spec).replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0)]), {0: 1})
    humidity = {"name": "humidity", "type": ["null", "double"], "default": None, "channel": True}
    with changed_contract(STREAM, lambda avro: avro["fields"].append(humidity)):
        wider = contract(STREAM)
        silver = Silver.open(wider)
        columns = pa.schema([("humidity", pa.float64())])
        assert silver.read([MAY], columns).read_all()["humidity"].to_pylist() == [None]
        silver.replace([JUNE], silver_rows(wider, [(JUNE, "M-1", 1.0)], humidity=40.0), {0: 2})
        assert silver.read([MAY, JUNE], columns).read_all()["humidity"].to_pylist() in ([None, 40.0], [40.0, None])


@pytest.mark.usefixtures("any_lake")
def test_rows_of_other_dates_are_refused():
    spec = contract(STREAM)
    with pytest.raises(ValueError, match="2015, 6, 1"):
        Silver.open(spec).replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0), (JUNE, "M-1", 1.0)]), {0: 2})
    assert Silver.open(spec).version == 0


@pytest.mark.usefixtures("any_lake")
def test_sweeping_removes_what_no_version_of_the_last_week_holds(monkeypatch):
    spec = contract(STREAM)
    silver = Silver.open(spec)
    silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 1.0)]), {0: 1})
    silver.replace([MAY], silver_rows(spec, [(MAY, "M-1", 2.0)]), {0: 2})
    assert Silver.open(spec).sweep() == 0
    vacuum = DeltaTable.vacuum
    monkeypatch.setattr(
        DeltaTable, "vacuum", lambda table, hours, **how: vacuum(table, 0, enforce_retention_duration=False, **how)
    )
    assert Silver.open(spec).sweep() == 1
    assert Silver.open(spec).read([MAY], silver_schema(spec)).read_all()["temperature"].to_pylist() == [2.0]
