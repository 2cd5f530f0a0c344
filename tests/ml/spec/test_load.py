"""A wrong spec says which field, with which value, and what was expected."""

from __future__ import annotations

import pytest

from millwright.errors import MillwrightError
from ml.spec import SPECS, load_spec, parse_spec
from tests.ml.conftest import make_spec


def test_every_spec_that_ships_is_right():
    for path in SPECS.glob("*.yml"):
        assert load_spec(path.stem).name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"horizon_hours": "soon"}, r"horizon_hours = 'soon': .*valid integer"),
        ({"horizon_hours": 0}, r"horizon_hours = 0: .*greater than or equal to 1"),
        ({"task": "magic"}, r"task = 'magic': .*'failure'"),
        ({"windows": [3]}, r"windows = \[3\]: Extra inputs"),
        (
            {"source": {"readings": "x; drop table y", "events": "a.b", "equipment": "a.b"}},
            r"source\.readings = 'x; drop",
        ),
        ({"split": {"train_share": 1.5}}, r"split\.train_share = 1\.5: .*less than 1"),
        ({"horizon_hours": 48}, r"split\.gap_hours \(24\) has to be at least horizon_hours \(48\)"),
        ({"promote": {"at_least": {"accuracy": 0.9}}}, r"promote\.at_least\.accuracy.*average_precision"),
    ],
)
def test_a_wrong_field_is_named_with_its_value(changes, said):
    with pytest.raises(MillwrightError, match=said):
        parse_spec(make_spec(**changes), "mine.yml")


def test_a_missing_field_is_named():
    raw = make_spec()
    del raw["horizon_hours"]
    with pytest.raises(MillwrightError, match=r"mine\.yml: horizon_hours: Field required"):
        parse_spec(raw, "mine.yml")


def test_an_unknown_spec_names_those_there_are(tmp_path):
    with pytest.raises(MillwrightError, match=r"no spec 'failur'.*failure"):
        load_spec("failur")
    broken = tmp_path / "broken.yml"
    broken.write_text("a: [1")
    with pytest.raises(MillwrightError, match=r"broken\.yml is not YAML"):
        load_spec(str(broken))
    broken.write_text("just words")
    with pytest.raises(MillwrightError, match="has to hold fields"):
        load_spec(str(broken))


def test_comments_and_order_do_not_make_another_model():
    raw = make_spec()
    assert parse_spec(raw, "a").sha == parse_spec(dict(reversed(raw.items())), "b").sha
    assert parse_spec(raw, "a").sha != parse_spec(raw | {"seed": 8}, "b").sha
