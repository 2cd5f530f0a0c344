from __future__ import annotations

from collections.abc import Iterator

import pytest

from spark_jobs.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The embedded engine, started once."""
    with Engine() as shared:
        yield shared
