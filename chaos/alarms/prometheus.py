"""A Prometheus with the real rules, that is asked what fires, and waited for."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from infra.monitoring.prometheus.config import FOLDER, embedded
from millwright.errors import MillwrightError
from millwright.settings import settings

_PATIENCE_SECONDS = 300.0
_LOOK_SECONDS = 0.3


def rules() -> set[str]:
    """Names of all alerts that there are rules for."""
    files = [yaml.safe_load(path.read_text()) for path in (FOLDER / "rules").glob("*.yml")]
    return {rule["alert"] for file in files for group in file["groups"] for rule in group["rules"]}


class Watched:
    """The Prometheus at an address; one that does not answer yet has nothing that fires."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.fired: set[str] = set()  # that were waited for

    def firing(self) -> list[str]:
        """Names of the alerts that fire."""
        alerts = self._ask("alerts").get("alerts", [])
        return sorted({alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"})

    def until(self, query: str) -> None:
        """Wait until a query gives anything. Raises MillwrightError when it does not in five minutes."""
        self._wait(lambda: bool(self._ask("query", query=query).get("result")), f"{query} has not come true")

    def fires(self, alert: str, why: str) -> str:
        """Wait until it fires; a sentence of how long that took. Raises MillwrightError as `until` does."""
        seconds = self._wait(lambda: alert in self.firing(), f"{alert} does not fire: {why}")
        self.fired.add(alert)
        return f"{alert} fires after {seconds:.0f} s: {why}"

    def is_over(self, alert: str, why: str) -> str:
        """Wait until it does not fire any more, and tell as `fires` does."""
        seconds = self._wait(lambda: alert not in self.firing(), f"{alert} goes on: {why}")
        return f"{alert} is over after {seconds:.0f} s: {why}"

    def _wait(self, holds: Callable[[], bool], otherwise: str) -> float:
        begun = time.monotonic()
        while not holds():
            if time.monotonic() - begun > _PATIENCE_SECONDS:
                raise MillwrightError(f"{otherwise}, in {_PATIENCE_SECONDS:.0f} s.")
            time.sleep(_LOOK_SECONDS)
        return time.monotonic() - begun

    def _ask(self, path: str, **parameters: str) -> dict[str, Any]:
        try:
            answer = httpx.get(f"{self._address}/api/v1/{path}", params=parameters, trust_env=False, timeout=10)
            return dict(answer.json().get("data", {}))
        except (httpx.HTTPError, ValueError):
            return {}


@contextmanager
def prometheus(where: Path, port: int) -> Iterator[Watched]:
    """One that scrapes the stack of the settings every two seconds, its rules' `for:` cut to five seconds.

    Raises MillwrightError when Prometheus is not installed.
    """
    if shutil.which("prometheus") is None:
        raise MillwrightError("Prometheus is not installed.", "On Debian: apt-get install prometheus")
    shortened = where / "rules"
    shortened.mkdir()
    for path in (FOLDER / "rules").glob("*.yml"):
        (shortened / path.name).write_text(re.sub(r"for: \w+", "for: 5s", path.read_text()))
    config = yaml.safe_load(embedded(settings()))
    config["global"] = {"scrape_interval": "2s", "evaluation_interval": "2s", "scrape_timeout": "2s"}
    config["rule_files"] = [str(shortened / "*.yml")]
    for job in config["scrape_configs"]:
        job.pop("scrape_timeout", None)
    (where / "prometheus.yml").write_text(yaml.safe_dump(config))
    options = (f"--config.file={where / 'prometheus.yml'}", f"--storage.tsdb.path={where / 'data'}")
    address = f"127.0.0.1:{port}"
    process = subprocess.Popen(["prometheus", *options, f"--web.listen-address={address}"], stderr=subprocess.DEVNULL)
    try:
        yield Watched(f"http://{address}")
    finally:
        process.terminate()
        process.wait(30)
