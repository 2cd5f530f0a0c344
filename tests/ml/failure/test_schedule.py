"""Where planned maintenance comes at regular spans, a model counts on the next one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.failure import choose, examples, features
from ml.failure.history import History
from ml.failure.model import EXPOSED, load
from ml.failure.schedule import exposed, usual_span, within
from ml.spec.load import parse_spec
from tests.ml.conftest import make_spec
from tests.ml.plant import history, plant

FEW = [{"name": "xgboost", "parameters": {"rounds": 5, "max_depth": 2}}]


def maintained(every_days: tuple[int, ...]) -> History:
    """Four machines for 40 days, each maintained as planned after these spans, again and again."""
    source = plant(machines=4)
    first = source.readings["time"].min()
    days = np.cumsum(np.resize(every_days, 40))
    planned = [
        (machine, first + pd.Timedelta(days=int(day)), "maintenance", None, "bearing", True)
        for machine in source.equipment["equipment_id"]
        for day in days[days < 40]
    ]
    events = pd.concat([source.events, pd.DataFrame(planned, columns=source.events.columns)])
    return history(source.readings, events, source.equipment, source.known_until)


def test_a_usual_span_is_learned_where_maintenance_is_regular():
    assert usual_span(maintained((10,)).events) == 240
    assert usual_span(maintained((3, 12)).events) is None
    assert usual_span(plant(machines=2).events) is None  # none was planned


def test_the_horizon_ends_with_the_maintenance_that_is_due():
    source = maintained((10,))
    share = pd.Series(exposed(source, 240, 24), index=source.readings["time"].dt.floor("h")).iloc[: 40 * 24]
    hours = (share.index - share.index[0]) / pd.Timedelta(hours=1)
    assert share[hours < 240].eq(1).all()  # no span has begun yet
    assert share.iloc[480 - 6] == 0.25
    assert share.iloc[480 + 1] == 1


def test_half_of_a_horizon_holds_half_of_what_is_likely():
    found = within(np.array([0.0, 0.75, 1.0, 1.0]), np.array([0.5, 0.5, 0.5, 0.0]))
    assert found.tolist() == [0.0, 0.375, 0.5, 0.0]


def test_a_model_that_heeds_the_schedule_says_less_of_the_hours_before_it_and_keeps_it_with_itself(tmp_path):
    source = maintained((10,))
    spec = parse_spec(make_spec(heed_schedule=True, candidates=FEW), "test")
    data = examples.prepare(source, spec)
    model = choose.choose(data, spec)
    rows = features.build(source, model.layout, spec)
    as_if_none = rows.assign(**{EXPOSED: 1.0})
    assert model.layout.service_hours == 240
    assert (model.probability(rows) <= model.probability(as_if_none)).all()
    assert (model.probability(rows)[rows[EXPOSED] == 0] == 0).all()
    model.save(tmp_path)
    pd.testing.assert_frame_equal(load(tmp_path).answer(model.example), model.answer(model.example))
