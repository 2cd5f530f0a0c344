"""Airflow as its users reach it: over its REST API."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings

_POLL_SECONDS = 1.0
FINISHED = {"success", "failed"}


class Airflow:
    """A logged-in client. Raises Unavailable when nothing answers, MillwrightError when the password is refused."""

    def __init__(self) -> None:
        self._http = httpx.Client(base_url=settings().airflow, timeout=30)
        login = {"username": "admin", "password": settings().secret("airflow_password")}
        answer = self._request("POST", "/auth/token", json=login)
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def _request(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, **kwargs)
        except httpx.TransportError as error:
            raise Unavailable(
                f"Airflow does not answer at {settings().airflow}: {error}.", "Run `millwright up`."
            ) from None
        if response.status_code >= 400:
            raise MillwrightError(f"Airflow refused {method} {path}: {response.status_code} {response.text[:200]}")
        return dict(response.json())

    def wait_for_dags(self, dag_ids: set[str], timeout: float = 180) -> None:
        """Wait until Airflow has parsed these DAGs. Raises MillwrightError naming those missing, with their errors."""
        deadline = time.monotonic() + timeout
        while missing := dag_ids - {d["dag_id"] for d in self._request("GET", "/api/v2/dags?limit=200")["dags"]}:
            if time.monotonic() > deadline:
                errors = [e["stack_trace"] for e in self._request("GET", "/api/v2/importErrors")["import_errors"]]
                raise MillwrightError(f"Airflow has not found {', '.join(sorted(missing))}.", "\n".join(errors))
            time.sleep(_POLL_SECONDS)

    def trigger(self, dag_id: str) -> str:
        """Start a run now, as the button in the web UI does; returns its id."""
        body = {"logical_date": None, "conf": {}}
        return str(self._request("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def runs_since(self, dag_id: str, since: datetime) -> list[dict[str, Any]]:
        """Runs that were queued at or after `since`, oldest first."""
        path = f"/api/v2/dags/{dag_id}/dagRuns?order_by=-id&limit=20"
        runs = self._request("GET", path)["dag_runs"]
        return [run for run in reversed(runs) if datetime.fromisoformat(run["queued_at"]) >= since]

    def wait(self, dag_id: str, since: datetime, tell: Callable[[str], None], timeout: float = 1200) -> dict[str, Any]:
        """Wait for the first run of a DAG that was queued at or after `since`, by hand or woken by an asset.

        `tell` hears which task runs. Raises MillwrightError when it fails, naming the task and where its log is.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for run in self.runs_since(dag_id, since)[:1]:
                if run["state"] == "success":
                    return run
                tasks = self._request("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}/taskInstances")
                states = {t["task_id"]: t["state"] for t in tasks["task_instances"]}
                failing = [task for task, state in states.items() if state in {"failed", "up_for_retry"}]
                if run["state"] == "failed" or failing:
                    where = f"{settings().airflow}/dags/{dag_id}/runs/{run['dag_run_id']}"
                    raise MillwrightError(f"{dag_id}: the task {', '.join(failing)} failed.", f"Its log: {where}")
                tell(next((task for task, state in states.items() if state == "running"), "queued"))
            time.sleep(_POLL_SECONDS)
        raise MillwrightError(f"{dag_id} had no finished run after {timeout:.0f} s.", f"See {settings().airflow}.")


def now() -> datetime:
    """This moment, as Airflow writes it."""
    return datetime.now(UTC)
