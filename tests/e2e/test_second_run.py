"""A second run of every step changes no row."""

from __future__ import annotations

from pathlib import Path

from tests.e2e import plant


def test_running_every_step_again_leaves_every_row_where_it_lies(factory: Path):
    plant.simulate(factory)
    plant.to_marts()
    before, files = plant.tables("raw", "intermediate", "marts"), plant.lake_files()
    rows = plant.untouched("raw")
    plant.to_marts()
    assert plant.tables("raw", "intermediate", "marts") == before
    assert plant.untouched("raw") == rows
    assert plant.lake_files() == files
