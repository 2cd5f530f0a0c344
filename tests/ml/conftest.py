"""A registry of models of the test's own: model names are the plant's, versions begin with 1."""

from __future__ import annotations

import uuid

import pytest
import yaml

from ml.spec.load import SPECS, Spec, parse_spec


def make_spec(**changes) -> dict:
    raw = yaml.safe_load((SPECS / "failure.yml").read_text())
    raw["candidates"] = [{"name": "xgboost", "parameters": {"rounds": 40, "max_depth": 4}}]
    raw["promote"] |= {"samples": 20}
    return raw | changes


@pytest.fixture
def spec() -> Spec:
    """failure.yml with fewer rounds."""
    return parse_spec(make_spec(), "test")


@pytest.fixture
def spec_file(tmp_path):
    """A spec file whose model's name is of this test alone, and a way to write it anew."""
    name = f"failure-{uuid.uuid4().hex[:8]}"

    def write(**changes) -> str:
        path = tmp_path / "test.yml"
        path.write_text(yaml.safe_dump(make_spec(name=name, **changes)))
        return str(path)

    return write
