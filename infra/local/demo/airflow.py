"""Airflow as its users reach it: over its REST API."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings

_POLL_SECONDS = 1.0


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
        body: dict[str, Any] = {"logical_date": None, "conf": {}}
        return str(self._request("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def woken_by(self, dag_id: str, cause: tuple[str, str], timeout: float = 300) -> str:
        """The run of a DAG that an asset event of another run, (dag id, run id), started.

        Raises MillwrightError when there is none in time.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for run in self._request("GET", f"/api/v2/dags/{dag_id}/dagRuns?order_by=-id&limit=10")["dag_runs"]:
                path = f"/api/v2/dags/{dag_id}/dagRuns/{run['dag_run_id']}/upstreamAssetEvents"
                events = self._request("GET", path)["asset_events"]
                if cause in {(event["source_dag_id"], event["source_run_id"]) for event in events}:
                    return str(run["dag_run_id"])
            time.sleep(_POLL_SECONDS)
        raise MillwrightError(f"{cause[0]} did not wake {dag_id}.", f"Is the scheduler up? See {settings().airflow}.")

    def told(self, dag_id: str, run_id: str) -> list[str]:
        """Names of the assets that a run said it has changed."""
        path = f"/api/v2/assets/events?source_dag_id={dag_id}&source_run_id={quote(run_id)}"
        return [event["name"] for event in self._request("GET", path)["asset_events"]]

    def wait(self, dag_id: str, run_id: str, tell: Callable[[str], None], timeout: float = 1200) -> None:
        """Wait until a run has succeeded; `tell` hears which task runs.

        Raises MillwrightError when a task fails, naming it and where its log is.
        """
        deadline = time.monotonic() + timeout
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"
        while time.monotonic() < deadline:
            state = self._request("GET", path)["state"]
            if state == "success":
                return
            tasks = self._request("GET", f"{path}/taskInstances")["task_instances"]
            failed = [t["task_id"] for t in tasks if t["state"] in {"failed", "up_for_retry"}]
            if failed or state == "failed":
                where = f"{settings().airflow}/dags/{dag_id}/runs/{run_id}"
                raise MillwrightError(f"{dag_id}: the task {', '.join(failed)} failed.", f"Its log: {where}")
            tell(next((t["task_id"] for t in tasks if t["state"] == "running"), "queued"))
            time.sleep(_POLL_SECONDS)
        raise MillwrightError(f"{dag_id} had not finished after {timeout:.0f} s.", f"See {settings().airflow}.")
