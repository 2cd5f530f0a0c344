"""A wrong spec says which field, with which value, and what was expected."""

from __future__ import annotations

import pytest

from millwright.errors import MillwrightError
from ml.spec.load import SPECS, load_spec, parse_spec
from tests.ml.conftest import make_spec


def test_every_spec_that_ships_is_right():
    for path in SPECS.glob("*.yml"):
        assert load_spec(path.stem).name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"horizon": "soon"}, r"horizon = 'soon': expected a number with s, min, h, d or w"),
        ({"horizon": -1}, r"horizon = -1: expected a span above 0"),
        ({"task": "magic"}, r"task = 'magic': expected one of 'failure', 'rul'"),
        ({"horizon": "0h"}, r"horizon = '0h': expected a span above 0"),
        ({"trends": ["7d", "12h"]}, r"trends\.1 = '12h': expected whole days"),
        (
            {"label": "y", "source": {"readings": "a.b", "failures": "a.c"}},
            r"label stands beside source\.failures: expected one of them",
        ),
        ({"step": "7d"}, r"horizon = '24h': expected at least step \(7d\)"),
        ({"step": "1d", "horizon": 7}, r"horizon = 7: expected at least step \(1d\); a plain number is of a counter's"),
        ({"step": "0h"}, r"step = '0h': expected a span above 0"),
        ({"windows": ["0h"]}, r"windows\.0 = '0h': expected a span above 0"),
        ({"windws": ["3h"]}, r"windws = \['3h'\]: there is no such field"),
        (
            {"source": {"readings": "a.b"}},
            r"source: expected events \(with a column of kinds\) or failures, or else label",
        ),
        ({"source": {"readings": {"path": "x.csv", "table": "a.b"}}}, r"source\.readings: expected either table"),
        (
            {"source": {"readings": {"path": "x.csv", "seperator": ";"}}},
            r"source\.readings\.seperator = ';': there is no",
        ),
        ({"split": {"train_share": 1.5}}, r"split\.train_share = 1\.5: expected a number below 1"),
        ({"horizon": "48h"}, r"split\.gap \(24h\) has to be at least horizon \(48h\)"),
        (
            {"promote": {"metric": "average_precision", "at_least": {"accuracy": 0.9}}},
            r"promote\.at_least names 'accuracy'",
        ),
        ({"candidates": [{"name": "magic"}]}, r"candidates\.0\.name = 'magic': .*'xgboost' or 'random_forest'"),
        ({"candidates": []}, r"candidates = \[\]: expected at least 1 of them"),
        ({"source": "r.csv"}, r"source = 'r\.csv': expected fields \(readings, .*such as \{readings: r\.csv\}"),
        ({"candidates": ["xgboost"]}, r"candidates\.0 = 'xgboost': expected fields .*such as \{name: xgboost\}"),
        (
            {"candidates": [{"name": "xgboost", "search": {"eta": 1}}]},
            r"search\.eta = 1: expected a list, such as \[1\]",
        ),
        ({"channels": "x"}, r"channels = 'x': expected 'all' or a list, such as \[x\]"),
        ({"channels": [1]}, r"channels\.0 = 1: expected a text"),
        ({"split": "time"}, r"split = 'time': expected fields"),
        ({"split": {"by": "folds"}}, r"split\.by = 'folds': expected 'time'"),
        ({"seed": "x"}, r"seed = 'x': expected a whole number"),
        ({"alarm": {"threshold": 25}}, r"alarm\.threshold = 25: expected a number below 1\."),
        ({"name": "My Model"}, r"name = 'My Model': expected lower case letters"),
        ({"usage": {}}, r"usage: expected either kinds or channel"),
    ],
)
def test_a_wrong_field_is_named_with_its_value(changes, said):
    with pytest.raises(MillwrightError, match=said):
        parse_spec(make_spec(**changes), "mine.yml")


def test_what_a_split_of_failures_does_not_say_is_the_horizons_gap_and_three_folds():
    for split in ({}, {"train_share": 0.7}, None):
        found = parse_spec(make_spec(horizon="7d", split=split), "mine.yml").split
        assert (found.gap, found.validation_share, found.folds) == ("7d", 0.6, 3)
    raw = make_spec(horizon="7d")
    del raw["split"]
    assert parse_spec(raw, "mine.yml").split.gap == "7d"


def test_a_split_that_does_not_say_by_what_is_the_usual_one():
    raw = {"name": "x", "source": "x.csv", "time": "t"}
    pieces = raw | {"task": "quality", "label": "y", "candidates": [{"name": "xgboost"}], "split": {"train_share": 0.7}}
    assert parse_spec(pieces, "x.yml").split.train_share == 0.7
    with pytest.raises(MillwrightError, match=r"needs time; give it, or split: \{by: folds\}"):
        parse_spec(pieces | {"time": None}, "x.yml")
    units = {"task": "rul", "entity": "u", "candidates": [{"name": "linear"}], "split": {"test_share": 0.3}}
    assert parse_spec(raw | units, "x.yml").split.by == "entity"


def test_a_missing_field_is_named():
    raw = make_spec()
    del raw["horizon"]
    with pytest.raises(MillwrightError, match=r"mine\.yml: horizon: it has to be given"):
        parse_spec(raw, "mine.yml")


def test_an_unknown_spec_names_those_there_are(tmp_path):
    with pytest.raises(MillwrightError, match=r"no spec 'failur'.*failure"):
        load_spec("failur")
    with pytest.raises(MillwrightError, match=r"There is no file .*nope\.yml"):
        load_spec(str(tmp_path / "nope.yml"))
    with pytest.raises(MillwrightError, match="is a folder, and a spec is"):
        load_spec(str(tmp_path))
    (tmp_path / "data.csv").write_text("a\n1\n")
    with pytest.raises(MillwrightError, match=r"data\.csv is no \.yml file"):
        load_spec(str(tmp_path / "data.csv"))
    broken = tmp_path / "broken.yml"
    broken.write_text("a: [1")
    with pytest.raises(MillwrightError, match=r"broken\.yml is not YAML"):
        load_spec(str(broken))
    broken.write_text("just words")
    with pytest.raises(MillwrightError, match="has to hold fields"):
        load_spec(str(broken))


def test_comments_order_and_places_do_not_make_another_model():
    raw = make_spec()
    assert parse_spec(raw, "a").sha == parse_spec(dict(reversed(raw.items())), "b").sha
    assert parse_spec(raw, "a").sha != parse_spec(raw | {"seed": 8}, "b").sha
    elsewhere = raw | {"source": raw["source"] | {"readings": "other.table"}}
    assert parse_spec(raw, "a").sha == parse_spec(elsewhere, "b").sha


def test_a_spec_survives_its_own_json():
    spec = parse_spec(make_spec(usage={"kinds": ["running"]}, trends=["7d"]), "a")
    assert parse_spec(spec.model_dump(mode="json"), "b") == spec


def test_every_combination_of_a_search_is_tried():
    candidate = {"name": "xgboost", "parameters": {"eta": 0.1}, "search": {"max_depth": [3, 5], "rounds": [10, 20]}}
    settings = parse_spec(make_spec(candidates=[candidate]), "a").candidates[0].settings()
    assert settings[0] == {"eta": 0.1, "max_depth": 3, "rounds": 10}
    assert len(settings) == 4


def test_files_beside_the_spec_are_found_wherever_the_command_runs(tmp_path):
    import yaml

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "r.csv").write_text("a\n1\n")
    places = {"readings": "data/*.csv", "failures": {"path": "data/r.csv"}}
    (tmp_path / "mine.yml").write_text(yaml.safe_dump(make_spec(source=places), sort_keys=False))
    spec = load_spec(str(tmp_path / "mine.yml"))
    assert spec.source.readings.path == (str(tmp_path / "data/*.csv"),)
    assert spec.source.failures.path == (str(tmp_path / "data/r.csv"),)


def test_source_on_the_command_line_replaces_the_place_and_nothing_else(tmp_path):
    import yaml

    places = {"readings": {"path": "old.csv", "separator": ";"}, "failures": "f.csv"}
    (tmp_path / "mine.yml").write_text(yaml.safe_dump(make_spec(source=places), sort_keys=False))
    path = str(tmp_path / "mine.yml")
    spec = load_spec(path, ("a.csv", "b.csv", "failures=raw.failures"))
    assert (spec.source.readings.path, spec.source.readings.separator) == (("a.csv", "b.csv"), ";")
    assert spec.source.failures.table == "raw.failures"
    with pytest.raises(MillwrightError, match=r"the spec has no source 'machines'.*It has readings, failures"):
        load_spec(path, ("machines=x.csv",))
