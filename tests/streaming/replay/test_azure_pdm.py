import shutil
from collections import Counter
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.validate import rejections
from streaming.replay.azure_pdm import read_azure_pdm
from tests.public_data import data_folder


@pytest.fixture(scope="module")
def tables():
    pieces = {}
    for piece in read_azure_pdm(data_folder("azure_pdm")):
        pieces.setdefault(piece.stream, []).append(piece.table)
    return {stream: pa.concat_tables(those) for stream, those in pieces.items()}


def test_every_record_of_the_sample_is_read(tables):
    assert tables["equipment-sensors"].num_rows == 43_200
    assert tables["equipment-assets"].num_rows == 100
    kinds = Counter(tables["equipment-status"]["kind"].to_pylist())
    assert kinds == {"error": 3_919, "failure": 761, "maintenance": 3_286}
    assert len(tables["equipment-sensors"]["equipment_id"].unique()) == 20
    assert len(tables["equipment-status"]["equipment_id"].unique()) == 100


def test_all_of_it_is_valid_and_different(tables):
    for stream, table in tables.items():
        spec = contract(stream)
        now = pa.array([1_700_000_000_000] * len(table), pa.int64())
        assert rejections(spec, table, now, 300.0).null_count == len(table)
        assert table.group_by(list(spec.unique)).aggregate([]).num_rows == len(table)


def test_a_reading_keeps_its_values_and_its_hour(tables):
    [first] = tables["equipment-sensors"].slice(0, 1).to_pylist()
    assert first["equipment_id"] == "machine-001"
    assert first["event_time"] == datetime(2015, 1, 1, 6, tzinfo=UTC)
    assert (first["voltage"], first["rotation"]) == (176.217853015625, 418.504078221616)
    assert first["temperature"] is None


def test_a_machine_is_known_before_its_first_event_and_its_age_counts_from_2015(tables):
    [machine] = tables["equipment-assets"].slice(0, 1).to_pylist()
    assert (machine["equipment_name"], machine["model"], machine["plant_id"]) == ("Machine 1", "model3", "PDM")
    assert machine["commissioned_at"] == datetime(1997, 1, 1, tzinfo=UTC)
    assert machine["event_time"] < min(tables["equipment-status"]["event_time"].to_pylist())


def test_a_maintenance_that_answers_a_failure_was_not_planned(tables):
    events = tables["equipment-status"].to_pylist()
    failures = {(e["equipment_id"], e["event_time"], e["component"]) for e in events if e["kind"] == "failure"}
    for e in events:
        if e["kind"] == "maintenance":
            assert e["planned"] != ((e["equipment_id"], e["event_time"], e["component"]) in failures)


@pytest.fixture
def small(tmp_path):
    for path in data_folder("azure_pdm").glob("*.csv"):
        with path.open() as file:
            (tmp_path / path.name).write_text("".join(next(file) for _ in range(3)))
    return tmp_path


def test_a_missing_file_is_named(small):
    (small / "PdM_maint.csv").unlink()
    with pytest.raises(MillwrightError, match=r"There is no file .*PdM_maint\.csv"):
        list(read_azure_pdm(small))


def test_a_missing_column_is_named_with_those_there_are(small):
    shutil.copy(small / "PdM_errors.csv", small / "PdM_telemetry.csv")
    with pytest.raises(
        MillwrightError, match=r"PdM_telemetry.csv has no column 'volt'; it has datetime, machineID, err"
    ):
        list(read_azure_pdm(small))


def test_an_age_that_is_no_number_is_refused(small):
    (small / "PdM_machines.csv").write_text("machineID,model,age\n1,m,old\n")
    with pytest.raises(MillwrightError, match=r"PdM_machines.csv, row 2: age is 'old'"):
        list(read_azure_pdm(small))
