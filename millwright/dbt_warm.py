"""dbt kept ready in this process: starting it and reading the project takes seconds, a few models take less."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from millwright import dbt_sources
from millwright.dbt_runner import summary, told
from millwright.errors import MillwrightError
from millwright.settings import settings
from millwright.turns import one_at_a_time

_TAG = "near_real_time"


class WarmDbt:
    """Builds the models tagged `near_real_time`, without their tests: those look at whole tables."""

    def __init__(self) -> None:
        self._manifest: Any = None

    def build(self, tables: Iterable[str] | None = None) -> dict[str, Any]:
        """Build the tagged models that follow these raw tables; without `tables` all, and the views that they read.

        Returns `rows` by model and `seconds`, as `dbt_runner.build` does, and raises as it does.
        """
        if tables is None:
            select = [f"+tag:{_TAG},config.materialized:view", f"tag:{_TAG}"]
        else:
            select = [f"source:raw.{table}+,tag:{_TAG}" for table in sorted(tables)]
        if dbt_sources.generate() or self._manifest is None:  # a contract has changed
            self._manifest = None  # with the old one, dbt would read nothing
            self._manifest = self._invoke("parse", [])
        with one_at_a_time("dbt-build"):
            done = summary(_plain(self._invoke("run", ["--select", *select])))
        if failures := done.pop("failures"):
            raise told(failures, sum(done["statuses"].values()))
        return done

    def _invoke(self, command: str, arguments: list[str]) -> Any:
        from dbt.cli.main import dbtRunner

        os.environ |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        where, project = settings().state_dir.absolute() / "dbt", settings().dbt_dir.absolute()
        places = {
            "project-dir": project,
            "profiles-dir": dbt_sources.profiles_dir(project).absolute(),
            "target-path": where / "near_real_time",  # a whole build beside this one has its own
            "log-path": where / "logs",
        }
        options = [part for name, place in places.items() for part in (f"--{name}", str(place))]
        flags = ["--quiet", "--no-use-colors", "--no-write-json"]
        invoked = dbtRunner(manifest=self._manifest).invoke([command, *options, *flags, *arguments])
        if invoked.result is None:
            raise MillwrightError(
                f"dbt could not start:\n{invoked.exception}", f"The whole log is in {where / 'logs' / 'dbt.log'}."
            )
        return invoked.result


def _plain(run: Any) -> dict[str, Any]:
    """What dbt gives as it would write it to run_results.json."""
    results = [
        {
            "unique_id": result.node.unique_id,
            "status": str(result.status.value),
            "message": result.message,
            "adapter_response": result.adapter_response,
        }
        for result in run.results
    ]
    return {"results": results, "elapsed_time": run.elapsed_time}
