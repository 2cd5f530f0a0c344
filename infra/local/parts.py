"""The parts of the embedded stack, in the order in which people look for them."""

from __future__ import annotations

from infra.local.kafka import KAFKA
from infra.local.postgres import POSTGRES
from infra.local.registry import REGISTRY

PARTS = [POSTGRES, KAFKA, REGISTRY]
