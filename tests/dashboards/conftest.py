"""One warehouse with everything that dashboards show in it, for all tests of this folder; nobody changes its rows."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.spec.read import Boards, load
from millwright.settings import settings
from tests.dashboards.fake_metabase import FakeMetabase
from tests.dashboards.served import in_process
from tests.dashboards.small_site import TABLES, small_site
from tests.dbt_in_process import run_dbt
from tests.own_database import execute
from tests.stack import TestStack


@pytest.fixture(scope="session")
def filled(postgres: TestStack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a warehouse whose marts dbt has built."""
    from millwright import dbt_sources, reference, tables
    from tests.dashboards.warehouse import fill

    name = f"test_dashboards_{uuid.uuid4().hex[:8]}"
    door, address = (postgres.settings.embedded_database(n) for n in ("postgres", name))
    execute(door, f"create database {name}")
    folder = tmp_path_factory.mktemp("dbt")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLWRIGHT_DATABASE_URL", address)
        patch.setenv("DBT_PROFILES_DIR", str(folder / "profile"))
        settings.cache_clear()
        tables.migrate()
        reference.apply()
        dbt_sources.generate()
        fill()
        done = run_dbt(folder, "run")
        assert done.success, [f"{r.node.name}: {r.message}" for r in done.result.results if r.status == "error"]
    settings.cache_clear()
    return address  # it goes with the session's Postgres: to drop it would cost a checkpoint


@pytest.fixture
def warehouse(filled: str) -> Iterator[str]:
    """The warehouse, to which MILLWRIGHT_DATABASE_URL points for this test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLWRIGHT_DATABASE_URL", filled)
        settings.cache_clear()
        yield filled
    settings.cache_clear()


@pytest.fixture
def metabase_settings(tmp_path: Path) -> Iterator[None]:
    """A state folder of this test's own, and a role that somebody else has made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLWRIGHT_STATE_DIR", str(tmp_path / "state"))
        patch.setenv("MILLWRIGHT_DASHBOARDS_DATABASE_URL", "postgresql://dashboards:s3cret@db.example:5432/millwright")
        patch.setenv("MILLWRIGHT_ALERT_EMAIL_TO", "foreman@millwright.example")
        # Hundreds of applies keep their state: whoever is killed here loses no power.
        patch.setattr(os, "fsync", lambda descriptor: None)
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture
def fake(metabase_settings: None) -> Iterator[FakeMetabase]:
    """A Metabase that nobody has set up yet, in this process."""
    fake = FakeMetabase(TABLES)
    with in_process(fake):
        yield fake


@pytest.fixture
def boards(tmp_path: Path) -> Boards:
    return load(small_site(tmp_path / "site"))
