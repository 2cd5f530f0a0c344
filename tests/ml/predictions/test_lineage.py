"""The file that holds an offset."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millwright.lake import Link
from ml.predictions.lineage import file_of


@given(st.lists(st.integers(0, 1000), min_size=1, unique=True), st.integers(0, 2000))
def test_it_is_the_last_one_that_begins_at_or_before_it(starts, offset):
    chain = [Link(start, f"{start}.avro") for start in sorted(starts)]
    before = [start for start in starts if start <= offset]
    assert file_of(chain, offset) == (f"{max(before)}.avro" if before else None)
