"""One training for all tests here: a model of a small plant, fitted and not registered."""

from __future__ import annotations

import pytest

from ml.failure.history import History
from ml.spec.load import Spec, parse_spec
from ml.task import Model, task
from tests.ml.conftest import make_spec
from tests.ml.plant import plant


@pytest.fixture(scope="module")
def small_plant() -> History:
    return plant(machines=3, days=30)


@pytest.fixture(scope="module")
def small_spec() -> Spec:
    return parse_spec(make_spec(), "test")


@pytest.fixture(scope="module")
def fitted(small_plant: History, small_spec: Spec) -> Model:
    return task("failure").fit(small_plant.data(), small_spec)
