"""What counts as yes in a column of a file."""

from __future__ import annotations

import pandas as pd
import pytest

from ml.sources.yes import says_yes


@pytest.mark.parametrize(
    "values",
    [
        [1, 0, None],
        [1, -1, float("nan")],
        [True, False, None],
        ["true", "false", ""],
        ["yes", "No ", None],
        ["Störung", "nein", "nan"],
        ["BROKEN", "NORMAL", "ok"],
        ["Power Failure", "No Failure", "no_failure"],
    ],
)
def test_numbers_truths_and_words_that_say_no_are_told_from_the_rest(values):
    assert says_yes(pd.Series(values)).tolist() == [True, False, False]
