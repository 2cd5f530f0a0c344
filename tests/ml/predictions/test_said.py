"""A prediction's number as a person writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from ml.predictions.said import KINDS, parse


@given(st.integers(0, 10**17), st.sampled_from(sorted(KINDS)))
def test_a_number_alone_is_a_failure_prediction_and_a_kind_may_come_before_it(number, kind):
    assert parse(str(number)) == ("failure", number)
    assert parse(f" {kind.upper()}:{number} ") == (KINDS[kind], number)


@pytest.mark.parametrize("said", ["", "x", "failure:", "12:failure", "speed:3", "-1", "1.5", "9" * 30])
def test_anything_else_is_refused_with_what_was_expected(said):
    with pytest.raises(MillwrightError, match="anomaly:12"):
        parse(said)
