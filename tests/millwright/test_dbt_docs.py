"""dbt's page is made once, and anew when a model changes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from millwright import dbt_docs, dbt_sources
from millwright.errors import MillwrightError
from millwright.settings import settings


@pytest.fixture
def project(tmp_path: Path, monkeypatch):
    """A project, a profile that nobody reads, and a dbt that writes a page which counts its runs."""
    (tmp_path / "project" / "models").mkdir(parents=True)
    (tmp_path / "project" / "models" / "one.sql").write_text("select 1")
    dbt = tmp_path / "dbt"
    dbt.write_text(
        "#!/bin/sh\n"
        'while [ "$1" != --target-path ]; do shift; done\n'
        f"echo . >> {tmp_path}/runs\n"
        'mkdir -p "$2" && cp ' + f'{tmp_path}/runs "$2/static_index.html"\n'
    )
    dbt.chmod(0o755)
    monkeypatch.setenv("MILLWRIGHT_DBT_DIR", str(tmp_path / "project"))
    monkeypatch.setenv("MILLWRIGHT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(dbt_docs, "dbt_command", lambda: str(dbt))
    monkeypatch.setattr(dbt_sources, "profiles_dir", lambda project: tmp_path)
    settings.cache_clear()
    yield tmp_path / "project"
    settings.cache_clear()


def test_the_page_is_made_once_and_anew_when_a_model_changes(project: Path):
    assert dbt_docs.describe() == {"made": True, "models": 1}
    assert dbt_docs.describe() == {"made": False, "models": 1}
    assert dbt_docs.page().read_text() == ".\n"
    (project / "models" / "two.sql").write_text("select 2")
    assert dbt_docs.describe() == {"made": True, "models": 2}
    assert dbt_docs.page().read_text() == ".\n.\n"


def test_what_a_dbt_from_a_shell_leaves_in_the_project_is_no_change_and_no_trouble(project: Path):
    dbt_docs.describe()
    (project / "target" / "compiled" / "models" / "_sources.yml").mkdir(parents=True)
    (project / "target" / "compiled" / "models" / "_sources.yml" / "test.sql").write_text("select 1")
    (project / "models" / "left.sql").mkdir()
    assert dbt_docs.describe()["made"] is False


def test_a_page_that_is_lost_is_made_again(project: Path):
    dbt_docs.describe()
    shutil.rmtree(dbt_docs.page().parent)
    assert dbt_docs.describe()["made"]


def test_what_dbt_said_is_told_when_there_is_no_page(project: Path, monkeypatch):
    monkeypatch.setattr(dbt_docs, "dbt_command", lambda: "false")
    with pytest.raises(MillwrightError, match="could not describe"):
        dbt_docs.describe()
