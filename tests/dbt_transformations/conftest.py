"""A warehouse of the test's own with reference data, and dbt in this process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import pytest

from millwright import dbt_sources, reference
from millwright.settings import ROOT, settings
from tests.dbt_in_process import run_dbt


class Dbt(Protocol):
    def __call__(self, *arguments: str, fails: bool = False) -> dict[str, str]: ...


@pytest.fixture
def dbt(fresh_database: str, tmp_path: Path) -> Iterator[Dbt]:
    """`dbt("run", "--select", ...)`: node name → status. Raises when it fails, unless it should."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_PROFILES_DIR", str(tmp_path / "profile"))
        reference.apply()
        dbt_sources.generate()
        kept = settings().state_dir / "dbt" / "target" / "partial_parse.msgpack"
        kept.parent.mkdir(parents=True, exist_ok=True)

        def invoke(*arguments: str, fails: bool = False) -> dict[str, str]:
            project, target = settings().dbt_dir, tmp_path / "target"
            written = () if "docs" in arguments else ("--no-write-json",)  # a manifest costs seconds
            if project == ROOT / "dbt_transformations":  # what was read for the test before is not read again
                target.mkdir(exist_ok=True)
                with suppress(FileNotFoundError):
                    shutil.copy(kept, target)
            done = run_dbt(tmp_path, *arguments, "--no-use-colors", *written)
            if project == ROOT / "dbt_transformations":
                shutil.copy(target / kept.name, kept)
            results = getattr(done.result, "results", None) or []  # `docs generate` has none
            told = {result.node.name: f"{result.status}: {result.message}" for result in results}
            assert done.success != fails, {
                name: said for name, said in told.items() if said.startswith(("err", "fail"))
            }
            return told

        yield invoke
