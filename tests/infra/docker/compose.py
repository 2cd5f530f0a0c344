"""docker-compose-full.yml as the tests read it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import yaml

from millwright.settings import ROOT

FILE = ROOT / "docker-compose-full.yml"
PROFILES = ("core", "ml", "bi", "monitoring", "simulator", "notify")
ONCE = {"bucket", "prepare", "airflow-migrate", "dashboards"}


@lru_cache
def text() -> str:
    return FILE.read_text()


@lru_cache
def services() -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load(text())["services"])


def secrets() -> set[str]:
    """Variables without which nothing starts."""
    return set(re.findall(r"\$\{([A-Z_]+):\?", text()))


def published() -> dict[str, tuple[str, int, int]]:
    """Service → address, port on this machine, port inside."""
    found = {}
    for name, service in services().items():
        for port in service.get("ports", []):
            address, here, inside = port.rsplit(":", 2)
            found[name] = (address, int(here), int(inside))
    return found
