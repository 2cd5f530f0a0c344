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
        # Patient: its answers wait behind whatever its tasks compute on a small machine.
        self._http = httpx.Client(base_url=settings().airflow, timeout=120)
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

    def trigger(self, dag_id: str, **params: Any) -> str:
        """Start a run now, as the button in the web UI does, with what its form asks for; returns its id."""
        body: dict[str, Any] = {"logical_date": None, "conf": params}
        return str(self._request("POST", f"/api/v2/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def backfill(self, dag_id: str, first: str, last: str, reprocess: str = "completed", **params: Any) -> None:
        """Make a run for each day from `first` to `last` (ISO 8601), as the button does; `reprocess` says which of
        those that ran before run again: completed, failed, none."""
        body = {
            "dag_id": dag_id,
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last}T23:59:59Z",
            "max_active_runs": 1,
        }
        body |= {"reprocess_behavior": reprocess, "dag_run_conf": params, "run_backwards": False}
        self._request("POST", "/api/v2/backfills", json=body)

    def give_up(self, dag_id: str, run_id: str) -> None:
        """Mark a run as failed, with the tasks of it that are not through, as the button does."""
        self._request("PATCH", f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}", json={"state": "failed"})

    def is_at_work(self) -> bool:
        """Whether a run is under way, or an event has not woken its DAGs yet."""
        waiting = self._waiting_events()
        return waiting or bool([run for state in ("running", "queued") for run in self._runs(f"state={state}")])

    def ended(self, since: str) -> list[tuple[str, str, str]]:
        """DAG, run and state of the runs that were begun since then and are over."""
        found = [
            run for state in ("success", "failed") for run in self._runs(f"state={state}&start_date_gte={quote(since)}")
        ]
        return [(str(run["dag_id"]), str(run["dag_run_id"]), str(run["state"])) for run in found]

    def settle(self, since: str, tell: Callable[[str], None], timeout: float = 1800) -> None:
        """Wait until no run is under way and every asset event has woken whom it should.

        `since` is a time as Airflow writes it; `tell` hears which tasks run. Raises MillwrightError when a task
        fails, naming it and where its log is.
        """
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            # In this order: a run that an event starts is seen as one or the other.
            waiting = self._waiting_events()
            active = [r for state in ("running", "queued") for r in self._runs(f"state={state}")]
            for run in active + self._runs(f"state=failed&run_after_gte={quote(since)}"):
                self._check(run["dag_id"], run["dag_run_id"])
            if not waiting and not active:
                return
            tell(", ".join(sorted({run["dag_id"] for run in active})) or "the scheduler")
            time.sleep(_POLL_SECONDS)
        raise MillwrightError(f"Airflow had not finished after {timeout:.0f} s.", f"See {settings().airflow}.")

    def finished(self, since: str) -> list[str]:
        """DAGs of the runs that were begun since then and succeeded, in the order in which they ended."""
        runs = self._runs(f"state=success&run_after_gte={quote(since)}&order_by=end_date")
        return [str(run["dag_id"]) for run in runs]

    def _runs(self, query: str) -> list[dict[str, Any]]:
        return list(self._request("GET", f"/api/v2/dags/~/dagRuns?limit=100&{query}")["dag_runs"])

    def _waiting_events(self) -> bool:
        """Whether an asset event has not woken its DAGs yet. (/assets/events fails while a woken run is queued.)"""
        for dag in self._request("GET", "/api/v2/dags?limit=200")["dags"]:
            path = f"/api/v2/dags/{dag['dag_id']}/assets/queuedEvents"
            if self._request("GET", path)["total_entries"]:
                return True
        return False

    def _check(self, dag_id: str, run_id: str) -> None:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{quote(run_id)}/taskInstances"
        tasks = self._request("GET", path)["task_instances"]
        if failed := [t["task_id"] for t in tasks if t["state"] in {"failed", "up_for_retry"}]:
            where = f"{settings().airflow}/dags/{dag_id}/runs/{run_id}"
            raise MillwrightError(f"{dag_id}: the task {', '.join(failed)} failed.", f"Its log: {where}")
