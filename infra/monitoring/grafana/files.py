"""The dashboards' JSON, as Grafana's provisioning reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from infra.monitoring.grafana.boards import BOARDS
from infra.monitoring.grafana.panel import Drawn, built

FOLDER = Path(__file__).parent / "dashboards"


def made() -> dict[Path, str]:
    """Every file and its text."""
    return {FOLDER / f"{name}.json": _text(name, title, panels) for name, (title, panels) in BOARDS.items()}


def write() -> list[Path]:
    """Write what differs, and remove what no code makes any more; returns those."""
    found = differing()
    texts = made()
    for path in found:
        if path in texts:
            path.write_text(texts[path])
        else:
            path.unlink()
    return found


def differing() -> list[Path]:
    """Files that are not what the code makes."""
    texts = made()
    there = set(FOLDER.glob("*.json"))
    return sorted(path for path in there | set(texts) if path not in there or texts.get(path) != path.read_text())


def _text(name: str, title: str, panels: Iterable[Drawn]) -> str:
    board = Dashboard(title).uid(f"millwright-{name}").tags(["millwright"]).refresh("30s").time("now-6h", "now")
    board = board.timezone("browser").readonly()
    for number, panel in enumerate(panels, start=1):
        board = board.with_panel(built(number, panel))
    return json.dumps(board.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
