"""The marts come up to date whatever became of single specs, and a spec that failed is told."""

from __future__ import annotations

import pytest

from airflow_dags.refreshed import refreshed
from millwright.errors import MillwrightError


@pytest.fixture
def built(monkeypatch) -> list[str]:
    asked: list[str] = []

    def build(select: str) -> dict[str, str]:
        asked.append(select)
        return {"built": select}

    monkeypatch.setattr("millwright.dbt_runner.build", build)
    return asked


def test_all_done_gives_what_was_built(built):
    assert refreshed("source:ml+", ["a", "b"], [{}, {}], "predicted for") == {"built": "source:ml+"}


def test_a_spec_that_failed_is_told_after_the_marts_were_built(built):
    with pytest.raises(MillwrightError, match="Not every spec was predicted for"):
        refreshed("source:ml+", ["a", "b"], [{}], "predicted for")
    assert built == ["source:ml+"]


def test_without_champions_nothing_is_built(built):
    assert refreshed("source:ml+", [], [], "predicted for")["reason"] == "No spec has a champion."
    assert built == []


def test_specs_that_could_not_be_listed_are_a_failure(built):
    with pytest.raises(MillwrightError, match="Not every spec was monitored"):
        refreshed("source:ml+", None, [], "monitored")
