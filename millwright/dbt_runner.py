"""Runs dbt: builds and tests the models of the warehouse, and says what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from millwright import dbt_sources, warehouse
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from millwright.turns import one_at_a_time

_FAILED = ("error", "fail", "runtime error")


def build(select: str | None = None, full_refresh: bool = False) -> dict[str, Any]:
    """Build and test the models that `select` names (dbt's syntax; all without it), in dependency order.

    Returns `statuses` (count by status), `rows` (by model: rows written), `seconds`; JSON-able. `full_refresh`
    builds incremental models anew. One build runs at a time; another waits. Raises MillwrightError naming the models
    and tests that failed, each with its message, and Unavailable when the warehouse does not answer.
    """
    warehouse.connect().close()  # says in one sentence what dbt says in forty lines
    dbt_sources.generate()
    # Made absolute: dbt changes into its project.
    where, project = settings().state_dir.absolute() / "dbt", settings().dbt_dir.absolute()
    command = [
        *(dbt_command(), "build", "--project-dir", str(project)),
        *("--profiles-dir", str(dbt_sources.profiles_dir(project).absolute())),
        *("--target-path", str(where / "target"), "--log-path", str(where / "logs"), "--no-use-colors"),
        "--exclude-resource-type=unit_test",  # they test the code, not the data
        # Tests only of what is selected or lies before it: the rest may not have been built yet.
        *(("--select", select, "--indirect-selection", "buildable") if select else ()),
        *(("--full-refresh",) if full_refresh else ()),
    ]
    where.mkdir(parents=True, exist_ok=True)
    # Two builds at once would replace each other's tables and results.
    with one_at_a_time("dbt-build") as lock:
        results = where / "target" / "run_results.json"
        results.unlink(missing_ok=True)  # a run that ends before its first model writes none
        # dbt holds the lock too: killed alone, we would leave it running, and the next build has to wait for it.
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), pass_fds=(lock,))
        if done.returncode < 0:
            raise Unavailable(f"dbt was killed by signal {-done.returncode}.", "Build again: nothing is half done.")
        if not results.exists():
            said = "\n".join((done.stdout or done.stderr).strip().splitlines()[-12:])
            raise MillwrightError(f"dbt could not start:\n{said}", f"The whole log is in {where / 'logs' / 'dbt.log'}.")
        done_so_far = summary(json.loads(results.read_text()))
    if failures := done_so_far.pop("failures"):
        raise told(failures, sum(done_so_far["statuses"].values()))
    return done_so_far


def told(failures: dict[str, str], of: int) -> MillwrightError:
    """The error of a build in which models or tests failed: name → message; `of` so many."""
    listed = "\n".join(f"- {name}: {message}" for name, message in failures.items())
    return MillwrightError(
        f"dbt: {len(failures)} of {of} models and tests failed:\n{listed}",
        f"See the rows with `cd {settings().dbt_dir} && dbt build --select {next(iter(failures))}`.",
    )


def summary(run: dict[str, Any]) -> dict[str, Any]:
    """What a run_results.json says, in short; pure."""
    failures, rows = {}, {}
    for result in run["results"]:
        kind, _, name = result["unique_id"].split(".", 2)
        name = name.split(".")[0]
        if result["status"] in _FAILED:
            failures[name] = " ".join((result["message"] or "").split())
        written = (result.get("adapter_response") or {}).get("rows_affected")
        if kind == "model" and isinstance(written, int) and written >= 0:
            rows[name] = written
    statuses = Counter(result["status"] for result in run["results"])
    return {"statuses": dict(statuses), "rows": rows, "seconds": round(run["elapsed_time"], 1), "failures": failures}


def dbt_command() -> str:
    """The dbt beside this Python, so that a shell's other dbt is not taken for it."""
    return str(Path(sys.executable).with_name("dbt"))


def environment() -> dict[str, str]:
    """The environment in which dbt says nothing to anybody and warns of nothing."""
    return {**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "PYTHONWARNINGS": "ignore"}
