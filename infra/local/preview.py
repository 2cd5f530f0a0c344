"""The dashboards' preview: what Metabase would show, for a stack that has none."""

from __future__ import annotations

import sys

import httpx

from infra.local.environment import of_platform
from infra.local.part import Launch, Part
from millwright.settings import Settings


def _address(config: Settings) -> str:
    return f"http://127.0.0.1:{config.preview_port}"


def launch(config: Settings) -> Launch:
    """By the command that people use."""
    argv = [sys.executable, "-P", "-m", "millwright", "dashboards", "preview", "--port", str(config.preview_port)]
    return Launch(argv, env=of_platform(config), cwd=config.state_dir.absolute())


def ready(config: Settings, since: float) -> bool:
    """Whether it lists its dashboards."""
    try:
        return httpx.get(f"{_address(config)}/api/boards", timeout=10, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


PREVIEW = Part(name="preview", launch=launch, address=_address, needs=("tables",), ports=("preview_port",), ready=ready)
