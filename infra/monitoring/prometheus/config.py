"""A configuration of Prometheus for the embedded stack: the one for compose, with this machine's ports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from millwright.settings import Settings

FOLDER = Path(__file__).parent


def embedded(config: Settings) -> str:
    """YAML. A service whose port is 0 is left out; each worker of the sink has a port of its own."""
    made: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    made["rule_files"] = [str(FOLDER / "rules" / "*.yml")]
    ports = {
        "sink": (config.sink_metrics_port, config.sink_workers),
        "alerts": (config.alerts_metrics_port, 1),
        "analytics": (config.analytics_metrics_port, 1),
        "exporter": (config.exporter_port, 1),
        "preview": (config.preview_port, 1),
    }
    known = {job["job_name"]: job for job in made["scrape_configs"]}
    made["scrape_configs"] = [
        known.get(name, {"job_name": name})
        | {"static_configs": [{"targets": [f"127.0.0.1:{first + worker}" for worker in range(count)]}]}
        for name, (first, count) in ports.items()
        if first
    ]
    return yaml.safe_dump(made, sort_keys=False)
