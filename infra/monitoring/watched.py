"""A Prometheus that is asked what fires, and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from millwright.errors import MillwrightError

_PATIENCE_SECONDS = 300.0
_LOOK_SECONDS = 0.3


class Watched:
    """The Prometheus at an address; one that does not answer yet has nothing that fires."""

    def __init__(self, address: str) -> None:
        self._address = address

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
