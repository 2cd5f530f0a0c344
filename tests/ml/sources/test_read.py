"""Sources are read as they lie there, and what is wrong with one is said in a sentence."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from ml.sources.channels import channels
from ml.sources.missing import Missing
from ml.sources.read import read_one
from ml.spec.source import Source
from tests.ml.plant import _table

ROWS = pd.DataFrame({"Machine ID": ["a", "b"], "Temp [°C]": [1.5, None], "n": [3, 4]})


def source(place, **fields) -> Source:
    return Source.model_validate({"path": str(place)} | fields)


@pytest.mark.parametrize(
    ("separator", "decimal", "encoding"),
    [(",", ".", "utf-8"), (";", ",", "latin-1"), ("\t", ".", "utf-8-sig"), ("|", ",", "utf-16")],
)
def test_a_csv_of_any_separator_decimal_mark_and_encoding_reads_alike(tmp_path, separator, decimal, encoding):
    ROWS.to_csv(tmp_path / "x.csv", sep=separator, decimal=decimal, encoding=encoding, index=False)
    found = read_one(source(tmp_path / "x.csv", decimal=decimal, encoding=encoding))
    pd.testing.assert_frame_equal(found, ROWS)


def test_parquet_and_csv_files_of_one_glob_are_one_behind_the_other(tmp_path):
    ROWS.to_parquet(tmp_path / "b.parquet")
    ROWS.to_csv(tmp_path / "a.csv", index=False)
    found = read_one(source(tmp_path / "*", file_column="file"))
    assert found["file"].tolist() == ["a", "a", "b", "b"]
    assert found["n"].tolist() == [3, 4, 3, 4]


def test_a_file_without_header_gets_names_and_blanks_may_part_it(tmp_path):
    (tmp_path / "x.txt").write_text("1 0.5  7 \n2 0.25 8 \n")
    found = read_one(source(tmp_path / "x.txt", separator="whitespace", columns=["unit", "value", "n"]))
    assert found.to_dict("list") == {"unit": [1, 2], "value": [0.5, 0.25], "n": [7, 8]}


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c", "d", "e"]])
def test_more_or_fewer_names_than_columns_are_refused_with_both_counts(tmp_path, names):
    (tmp_path / "x.csv").write_text("1;2;3;\n4;5;6;\n")
    with pytest.raises(MillwrightError, match=rf"x\.csv has [34] columns, and the spec's columns are {len(names)}: a"):
        read_one(source(tmp_path / "x.csv", columns=names))
    assert read_one(source(tmp_path / "x.csv", columns=["a", "b", "c"]))["c"].tolist() == [3, 6]


def test_names_that_the_file_has_itself_are_not_read_as_values(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MillwrightError, match=r"names the columns already.*skip_rows: 1"):
        read_one(source(tmp_path / "x.csv", columns=["a", "b"]))
    assert read_one(source(tmp_path / "x.csv", columns=["a", "b"], skip_rows=1))["b"].tolist() == [2]


def test_a_wide_file_without_header_needs_no_list_and_its_labels_lie_beside_it(tmp_path):
    (tmp_path / "secom.data").write_text("1.5 NaN 7\n2.5 4 NaN\n")
    (tmp_path / "labels.data").write_text('-1 "19/07/2008 11:55:00"\n1 "19/07/2008 12:32:00"\n')
    labels = {"path": str(tmp_path / "labels.data"), "separator": "whitespace", "columns": ["result", "when"]}
    found = read_one(source(tmp_path / "secom.data", header=False, beside=labels))
    assert list(found) == ["c1", "c2", "c3", "result", "when"]
    assert found[["c1", "result", "when"]].values.tolist()[1] == [2.5, 1, "19/07/2008 12:32:00"]
    with pytest.raises(MillwrightError, match=r"holds numbers, not names of columns.*header: false"):
        read_one(source(tmp_path / "secom.data", separator="whitespace"))
    with pytest.raises(MillwrightError, match=r"labels\.data has 1 rows and .*secom\.data.*, 2\."):
        read_one(source(tmp_path / "secom.data", header=False, beside={**labels, "skip_rows": 1}))


def test_columns_are_renamed_and_rows_kept_by_value(tmp_path):
    ROWS.to_csv(tmp_path / "x.csv", index=False)
    found = read_one(source(tmp_path / "x.csv", rename={"Machine ID": "machine"}, where={"n": ["4"]}), ["machine"])
    assert found.to_dict("list") == {"machine": ["b"]}


def test_a_missing_column_file_or_table_is_named_with_what_there_is(tmp_path, fresh_database):
    ROWS.to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(MillwrightError, match=r"has no column 'nope'.*There are: Machine ID, Temp \[°C\], n"):
        read_one(source(tmp_path / "x.csv"), ["nope"])
    with pytest.raises(MillwrightError, match="Is separator right"):
        read_one(source(tmp_path / "x.csv", separator=";"), ["n"])
    with pytest.raises(Missing, match="There is no file"):
        read_one(source(tmp_path / "y*.csv"))
    with pytest.raises(Missing, match=r"The warehouse has no table a\.b"):
        read_one(Source.model_validate("a.b"))
    with pytest.raises(MillwrightError, match=r"is a folder; files were expected.*\*\.csv"):
        read_one(source(tmp_path))
    (tmp_path / "book.xlsx").write_bytes(b"PK")
    with pytest.raises(MillwrightError, match=r"book\.xlsx is an Excel file.*Save it as CSV"):
        read_one(source(tmp_path / "book.xlsx"))
    (tmp_path / "broken.parquet").write_text("no")
    with pytest.raises(MillwrightError, match="cannot be read as Parquet"):
        read_one(source(tmp_path / "broken.parquet"))
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(MillwrightError, match="cannot be read as CSV"):
        read_one(source(tmp_path / "empty.csv"))


def test_a_table_of_the_warehouse_reads_like_the_file_of_it(tmp_path, fresh_database):
    frame = ROWS.rename(columns={"Machine ID": "machine", "Temp [°C]": "temp"}).astype({"n": float})
    _table(fresh_database, "raw.x", frame)
    frame.to_csv(tmp_path / "x.csv", index=False)
    found = read_one(Source.model_validate("raw.x"))
    pd.testing.assert_frame_equal(found, read_one(source(tmp_path / "x.csv")), check_dtype=False)


def test_all_channels_are_the_columns_of_numbers_that_hold_any(tmp_path):
    frame = ROWS.assign(empty=float("nan"), label=1)
    assert channels(frame, "all", ["label", None], source("x.csv")) == ["Temp [°C]", "n"]
    with pytest.raises(MillwrightError, match=r"no column of numbers.*Is `decimal` right\?"):
        channels(ROWS[["Machine ID"]].assign(x=["1,5", "-,25"]), "all", (), source("x.csv"))
    with pytest.raises(MillwrightError, match=r"column 'Machine ID' = 'a': a channel has to hold numbers"):
        channels(frame, ("Machine ID",), (), source("x.csv"))


@given(place=st.sampled_from(["a.b", "raw.sensor_readings", "data.csv", "data.parquet", "x/a.b", "*.csv", "~/x.dat"]))
def test_a_plain_string_is_a_table_or_a_path(place):
    made = Source.model_validate(place)
    assert (made.table == place) is (place in ("a.b", "raw.sensor_readings"))
    assert (made.path == (place,)) is (made.table is None)
