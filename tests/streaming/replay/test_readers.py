import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from streaming.replay import csv_file
from streaming.replay.apply import apply
from streaming.replay.csv_file import read_csv
from streaming.replay.json_file import read_json
from streaming.replay.mapping import Mapping
from streaming.replay.parquet_file import read_parquet
from streaming.replay.sql import read_sql
from tests.public_data import data_folder

PLAIN = Mapping(stream="equipment-sensors", fields={"equipment_id": "m", "event_time": "t", "pressure": "p"})


def _rows(read, *source, mapping=PLAIN):
    mapped = [apply(piece, mapping) for piece in read(*source, mapping)]
    return pa.concat_tables([m.table for m in mapped]).to_pylist(), [bad for m in mapped for bad in m.bad]


def _csv(tmp_path, text):
    (tmp_path / "f.csv").write_text(text)
    return tmp_path / "f.csv"


def test_skab_is_read_through_a_mapping():
    channels = {"temperature": "Temperature", "voltage": "Voltage", "current": "Current"}
    fields = {"equipment_id": {"constant": "valve1"}, "event_time": "datetime", **channels}
    fields["pressure"] = {"column": "Pressure", "scale": 100}  # bar to kPa
    mapping = Mapping(stream="equipment-sensors", fields=fields, separator=";", timezone="Europe/Moscow")
    rows, bad = _rows(read_csv, data_folder("skab") / "valve1" / "0.csv", mapping=mapping)
    assert not bad
    assert rows[0]["event_time"] == datetime(2020, 3, 9, 7, 14, 33, tzinfo=UTC)
    assert (rows[0]["temperature"], rows[0]["pressure"]) == (79.3366, pytest.approx(5.4711))


def test_ett_is_read_through_a_mapping():
    fields = {"equipment_id": {"constant": "transformer"}, "event_time": "date", "temperature": "OT"}
    mapping = Mapping(stream="equipment-sensors", fields=fields)
    rows, bad = _rows(read_csv, data_folder("ett") / "ETTh1.csv", mapping=mapping)
    assert (len(rows), len(bad)) == (17_420, 0)
    assert rows[0]["temperature"] == 30.5310001373291


def test_nested_messages_of_several_kinds_are_read_by_their_paths():
    ticker = "payload.events.0.tickers.0"
    fields = {"equipment_id": f"{ticker}.product_id", "event_time": "payload.timestamp", "rotation": f"{ticker}.price"}
    mapping = Mapping(stream="equipment-sensors", fields=fields)
    path = data_folder("coinbase") / "BTC_USD.ndjson"
    rows, bad = _rows(read_json, path, mapping=mapping)
    with path.open() as file:
        kinds = [json.loads(line)["payload"]["channel"] for line in file]
    assert len(rows) == kinds.count("ticker")
    assert [b.row for b in bad] == [at for at, kind in enumerate(kinds, 1) if kind != "ticker"]
    assert (rows[0]["rotation"], rows[0]["event_time"].microsecond) == (67468.26, 925327)


def test_a_missing_column_is_named_with_those_there_are(tmp_path):
    with pytest.raises(MillwrightError, match=r"f.csv has no column 'p'; it has m, t, q"):
        _rows(read_csv, _csv(tmp_path, "m,t,q\n1,2,3\n"))


def test_an_empty_file_says_so(tmp_path):
    with pytest.raises(MillwrightError, match=r"f.csv is empty"):
        _rows(read_csv, _csv(tmp_path, ""))


def test_a_bad_row_is_told_by_its_number_column_and_value(tmp_path):
    path = _csv(tmp_path, "m,t,p\nx,2026-03-01,1\n\nx,2026-03-02,l0\n,2026-03-03,1\nx,2026-03-04\n\n")
    rows, bad = _rows(read_csv, path)
    assert len(rows) == 1
    assert list(map(str, bad)) == [
        "row 4: p is 'l0', where a number is wanted",
        "row 5: m is missing, where a text is wanted",
        "row 6: the row is 'x,2026-03-04', where 3 columns and not 2 is wanted",
    ]


@given(st.lists(st.sampled_from(["good", "short", "blank", "bad", "two lines"]), min_size=1, max_size=60))
def test_row_numbers_hold_across_blocks(tmp_path_factory, kinds):
    texts = {
        "good": "x,2026-03-01,1",
        "short": "x",
        "blank": "",
        "bad": "x,never,1",
        "two lines": '"x\ny",2026-03-01,1',
    }
    path = _csv(tmp_path_factory.mktemp("csv"), "m,t,p\n" + "".join(texts[kind] + "\n" for kind in kinds))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "_BLOCK_BYTES", 64)
        rows, bad = _rows(read_csv, path)
    assert len(rows) == kinds.count("good") + kinds.count("two lines")
    assert sorted(b.row for b in bad) == [at for at, kind in enumerate(kinds, 2) if kind in ("short", "bad")]


def test_parquet_keeps_its_types(tmp_path):
    times = pa.array([datetime(2026, 3, 1), None], pa.timestamp("ns"))
    table = pa.table({"m": pa.array(["a", "b"]).dictionary_encode(), "t": times, "p": pa.array([1, 2], pa.int16())})
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet")
    rows, bad = _rows(read_parquet, tmp_path / "f.parquet")
    assert [(row["equipment_id"], row["pressure"]) for row in rows] == [("a", 1.0)]
    assert [str(b) for b in bad] == ["row 2: t is missing, where a time is wanted"]


def test_a_file_that_is_not_parquet_says_so(tmp_path):
    with pytest.raises(MillwrightError, match=r"f.csv is not a Parquet file"):
        _rows(read_parquet, _csv(tmp_path, "m,t,p\n"))


def test_a_broken_line_of_json_is_told_by_its_number(tmp_path):
    (tmp_path / "f.json").write_text('{"m": "a", "t": "2026-03-01", "p": 1}\n{"m": "a", \n[1]\n')
    rows, bad = _rows(read_json, tmp_path / "f.json")
    assert (len(rows), [b.row for b in bad]) == (1, [2, 3])


def test_a_query_is_read_through_a_mapping(tmp_path):
    url = f"sqlite:///{tmp_path}/f.db"
    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("create table r (m, t, p)"))
        connection.execute(sqlalchemy.text("insert into r values (1, '2026-03-01', 2.5), (1, '2026-03-02', 'x')"))
    engine.dispose()
    rows, bad = _rows(read_sql, url, "select * from r")
    assert [(row["equipment_id"], row["pressure"]) for row in rows] == [("1", 2.5)]
    assert [str(b) for b in bad] == ["row 2: p is 'x', where a number is wanted"]
    with pytest.raises(MillwrightError, match="no such table: q"):
        _rows(read_sql, url, "select * from q")
    with pytest.raises(MillwrightError, match="has no column 'p'; it has m"):
        _rows(read_sql, url, "select m, t from r")


def test_a_database_whose_driver_is_not_there_says_so():
    with pytest.raises(MillwrightError, match="cannot be used"):
        _rows(read_sql, "nonsense://x", "select 1")
