from __future__ import annotations

import pytest

from millwright.errors import MillwrightError
from ml.forecast.read import read
from ml.spec.load import parse_spec
from tests.ml.forecast.hall import make_spec, readings


@pytest.mark.parametrize("changes", [{"time": "when"}, {"entity": "robot"}])
def test_a_column_that_is_not_there_is_named_also_where_all_channels_are_taken(tmp_path, changes):
    readings(1, 2).to_csv(tmp_path / "hall.csv", index=False)
    spec = parse_spec(make_spec(tmp_path / "hall.csv", **changes), "test")
    with pytest.raises(MillwrightError, match=r"no column '(when|robot)'. There are: machine, at, temperature, load"):
        read(spec)


@pytest.mark.parametrize("step", ["-1h", "0h", "0", 0, -2, "0.0min"])
def test_a_step_of_nothing_is_refused_by_the_spec(step):
    with pytest.raises(MillwrightError, match=r"step = .*: expected a step above 0"):
        parse_spec(make_spec("x.csv", step=step), "test")
    assert parse_spec(make_spec("x.csv", step="0.5h"), "test").step == "0.5h"
