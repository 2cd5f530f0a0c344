"""dbt in a test's process: a run costs 2 s instead of 10."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from millwright.settings import settings


def run_dbt(folder: Path, *arguments: str) -> Any:
    """dbt's result of a command on the settings' project; `folder` takes target and logs. Raises what dbt raises."""
    from dbt.cli.main import dbtRunner

    where = os.getcwd()
    folders = ("--project-dir", str(settings().dbt_dir), "--target-path", str(folder / "target"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            done = dbtRunner().invoke([*arguments, *folders, "--log-path", str(folder / "logs"), "--quiet"])
    finally:
        os.chdir(where)  # dbt changes into its project
    if done.exception:
        raise done.exception
    return done
