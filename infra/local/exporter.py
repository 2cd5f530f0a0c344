"""The exporter: what Prometheus reads of loads, DAGs, models and disks."""

from __future__ import annotations

import sys

import httpx

from infra.local.environment import of_platform
from infra.local.part import Launch, Part
from millwright.settings import Settings


def _address(config: Settings) -> str:
    return f"http://127.0.0.1:{config.exporter_port}/metrics"


def launch(config: Settings) -> Launch:
    """By the command that people use."""
    argv = [sys.executable, "-P", "-m", "millwright", "metrics", "serve"]
    return Launch(argv, env=of_platform(config), cwd=config.state_dir.absolute())


def ready(config: Settings, since: float) -> bool:
    """Whether it shows its own start: without the other figures, for which it would ask every service."""
    try:
        answer = httpx.get(
            _address(config), params={"name[]": "process_start_time_seconds"}, timeout=10, trust_env=False
        )
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and "process_start_time_seconds" in answer.text


EXPORTER = Part(
    name="exporter",
    launch=launch,
    address=_address,
    ports=("exporter_port",),
    ready=ready,
    wanted=lambda config: bool(config.exporter_port),
)
