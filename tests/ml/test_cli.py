"""`millwright train`, `predict` and `models`, as a user types them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from millwright.errors import MillwrightError
from ml.cli import models, train
from ml.predictions.cli import predict
from ml.spec.load import load_spec
from tests.ml.plant import fill, plant

pytestmark = pytest.mark.usefixtures("mlflow")


def run(command, *args: str) -> str:
    done = CliRunner().invoke(command, args, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_train_predict_and_models_say_what_they_did(fresh_database, spec_file):
    fill(fresh_database, plant())
    spec = spec_file()
    name = load_spec(spec).name
    said = json.loads(run(train, spec, "--json").splitlines()[-1])
    assert (said["task"], said["model"], said["version"], said["promoted"]) == ("failure", name, 1, True)
    assert said["metrics"]["average_precision"] > said["baseline"]["average_precision"]
    assert "version 1, promoted" in run(train, spec)
    assert json.loads(run(predict, spec, "--json").splitlines()[-1])["written"] == 6
    assert "6 machines" in run(predict, spec)
    listed = json.loads(run(models, "list", "--json"))
    assert {"model": name, "versions": 1, "champion": 1, "previous": None} in listed
    (version,) = json.loads(run(models, "show", name, "--json"))
    assert version["aliases"] == ["champion"]
    assert version["decisions"][0][0] is True
    assert version["metrics"]["f1"] > 0.9
    assert name in run(models, "ls")
    assert "champion" in run(models, "show", name)


def test_nothing_to_learn_from_ends_with_a_sentence(fresh_database, spec_file):
    fill(fresh_database, plant(failures=False))
    with pytest.raises(MillwrightError, match="No machine failed in the training data"):
        CliRunner().invoke(train, [spec_file()], catch_exceptions=False)
    with pytest.raises(MillwrightError, match="no champion yet"):
        CliRunner().invoke(predict, [spec_file()], catch_exceptions=False)
    with pytest.raises(MillwrightError, match="There is no model 'nope'"):
        CliRunner().invoke(models, ["show", "nope"], catch_exceptions=False)
