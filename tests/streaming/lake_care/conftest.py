"""A lake of this test's own, and a worker that publishes into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from millwright.store import Store, lake_store
from tests.streaming.lake_care.chain_writer import ChainWriter


@pytest.fixture
def store(lake: Path) -> Store:
    return lake_store()


@pytest.fixture
def writer(store: Store) -> ChainWriter:
    return ChainWriter(store)
