"""A plant whose topics, lake and warehouse are this test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import plant


@pytest.fixture
def factory(stack, tmp_path: Path) -> Iterator[Path]:
    """A folder for files, with empty topics, lake and warehouse behind the settings."""
    with plant.of_its_own(stack, tmp_path) as folder:
        yield folder
