from __future__ import annotations

import logging

import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.sources.channels import channels
from ml.spec.source import Source

SOURCE = Source(path=("hall.csv",))


def test_a_column_of_numbers_with_a_word_in_it_is_left_out_and_it_says_so(caplog):
    frame = pd.DataFrame({"a": ["1.5", "ERR", "2.5"], "b": [1.0, 2.0, 3.0], "note": ["new", "3", "old"]})
    with caplog.at_level(logging.WARNING):
        assert channels(frame, "all", (), SOURCE) == ["b"]
    assert [record.getMessage() for record in caplog.records] == [
        "hall.csv, column 'a' is left out: 1 of 3 values are no numbers, such as 'ERR'. If they mean no value, name "
        "them in `missing`; else see whether `decimal` is right."
    ]


def test_nothing_is_said_of_words_and_of_columns_that_have_another_part(caplog):
    frame = pd.DataFrame({"machine": ["1", "x", "2"], "b": [1.0, 2.0, 3.0], "state": ["on", "off", None]})
    assert channels(frame, "all", ("machine",), SOURCE) == ["b"]
    assert not caplog.records


def test_decimal_commas_are_asked_after(caplog):
    frame = pd.DataFrame({"a": ["1,5", "2,5"], "b": ["1,0", "3,0"]})
    with pytest.raises(MillwrightError, match="Is `decimal` right"):
        channels(frame, "all", (), SOURCE)
    assert channels(frame.assign(c=[1, 2]), "all", (), SOURCE) == ["c"]
    assert [record.args[1] for record in caplog.records] == ["a", "b"]
