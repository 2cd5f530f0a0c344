from __future__ import annotations

import pytest

from millwright.contracts import contract
from tests.quality.landed import Landed


@pytest.fixture
def landed(lake, fresh_database) -> Landed:
    """Publishes ranges of equipment-sensors in a lake of the test's own, beside a warehouse of its own."""
    return Landed(contract("equipment-sensors"))
