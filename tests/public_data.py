"""Public data sets: where MILLWRIGHT_DATA_DIR says; required where MILLWRIGHT_REQUIRE_DATA is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def data_folder(name: str) -> Path:
    """The folder of a data set. Fails when it is required and missing; else skips the test, saying so."""
    folder = Path(os.environ.get("MILLWRIGHT_DATA_DIR", "")) / name
    if "MILLWRIGHT_DATA_DIR" in os.environ and folder.is_dir():
        return folder
    if os.environ.get("MILLWRIGHT_REQUIRE_DATA"):
        pytest.fail(f"The public data set {name} is required and not at {folder}.")
    pytest.skip(f"Set MILLWRIGHT_DATA_DIR to the folder that holds {name}/.")
