"""A warehouse of the test's own with reference data, and dbt in this process: a run costs 2 s instead of 10."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from millwright import dbt_sources, reference
from millwright.settings import settings


class Dbt(Protocol):
    def __call__(self, *arguments: str, fails: bool = False) -> dict[str, str]: ...


@pytest.fixture
def dbt(fresh_database: str, tmp_path: Path) -> Iterator[Dbt]:
    """`dbt("run", "--select", ...)`: node name → status. Raises when it fails, unless it should."""
    from dbt.cli.main import dbtRunner

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROFILES_DIR", str(tmp_path / "profile"))
        reference.apply()
        dbt_sources.generate()

        def invoke(*arguments: str, fails: bool = False) -> dict[str, str]:
            folders = ("--project-dir", str(settings().dbt_dir), "--target-path", str(tmp_path / "target"))
            logs = ("--log-path", str(tmp_path / "logs"), "--quiet", "--no-use-colors")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                done: Any = dbtRunner().invoke([*arguments, *folders, *logs])
            if done.exception:
                raise done.exception
            results = getattr(done.result, "results", None) or []  # `docs generate` has none
            told = {result.node.name: f"{result.status}: {result.message}" for result in results}
            assert done.success != fails, {
                name: said for name, said in told.items() if said.startswith(("err", "fail"))
            }
            return told

        directory = os.getcwd()
        yield invoke
        os.chdir(directory)  # dbt changes into its project
