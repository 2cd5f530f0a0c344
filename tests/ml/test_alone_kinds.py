"""Anomaly and quality from one CSV through the registry, where nothing else runs."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from ml import cli
from ml.registry.client import connected
from ml.registry.load import load_version
from tests.ml.anomaly import machines
from tests.ml.quality import pieces


@pytest.mark.usefixtures("without_the_stack")
@pytest.mark.parametrize(
    ("write", "metrics"),
    [
        (machines.plant, {"f1", "far", "mar", "false_positive_rate", "shift_recall"}),
        (pieces.spec_of, {"accuracy", "macro_f1", "cost"}),
    ],
    ids=["anomaly", "quality"],
)
def test_a_model_is_trained_promoted_and_loaded_again(tmp_path, write, metrics):
    write(tmp_path)

    def train() -> dict:
        done = CliRunner().invoke(cli.train, [str(tmp_path / "small.yml"), "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout.splitlines()[-1])

    first, again = train(), train()
    assert metrics <= set(first["metrics"])
    assert first["promoted"]
    assert first["version"] == again["version"]
    assert first["metrics"] == again["metrics"]
    with connected(alone=True):
        model, _ = load_version("small", first["version"])
    assert len(model.answer(model.example)) == 3
