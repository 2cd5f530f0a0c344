from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner

from infra.local.backup import cli, manifest
from infra.local.backup.put_back import MARK, restore
from infra.local.backup.save import save
from infra.local.checks import restored
from millwright.checksums import checksums
from millwright.errors import MillwrightError
from millwright.settings import settings, settings_with
from millwright.warehouse import session

MART = """
create schema marts;
create table marts.kpis as select n as shift, n / 7.0 as oee, now() as at from generate_series(1, 500) as n;
create view marts.best as select max(oee) as oee from marts.kpis;
insert into platform.loads (table_name, silver_version, silver_id, columns)
values ('sensor_readings', 5, 'delta-1', '{}');
insert into ml.promotions (model_name, to_version, promoted, reason) values ('failure', 2, true, 'better by .02')"""


def execute(address: str, statement: str) -> None:
    connection = psycopg2.connect(address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
    connection.close()


def marts() -> object:
    with session() as connection, connection.cursor() as cursor:
        return checksums(cursor, ("marts", "ml", "platform"), left_out=())


def champion(warehouse: str) -> str:
    """The artifact of the champion in the MLflow that belongs to a warehouse, found as MLflow's server finds it."""
    from mlflow import MlflowClient

    address = f"{warehouse}_mlflow".replace("postgresql://", "postgresql+psycopg2://")
    found = MlflowClient(address, address).get_model_version_by_alias("failure", "champion")
    return (settings().state_dir / "mlflow" / "artifacts" / found.source).read_text()


@pytest.fixture
def source(fresh_database: str, tmp_path: Path) -> Iterator[str]:
    """A warehouse with a mart, and an MLflow with a champion of two versions, in a state folder of their own."""
    from mlflow import MlflowClient

    door = fresh_database.rpartition("/")[0] + "/postgres"
    name = fresh_database.rpartition("/")[2]
    execute(door, f"create database {name}_mlflow")
    with settings_with(state_dir=str(tmp_path / "state"), database_url=fresh_database):
        execute(fresh_database, MART)
        address = f"{fresh_database}_mlflow".replace("postgresql://", "postgresql+psycopg2://")
        client = MlflowClient(address, address)
        client.create_registered_model("failure")
        artifacts = settings().state_dir / "mlflow" / "artifacts"
        for version in ("1", "2"):
            (artifacts / version).mkdir(parents=True)
            (artifacts / version / "model.json").write_text(f"model {version}")
            client.create_model_version("failure", f"{version}/model.json")
        client.set_registered_model_alias("failure", "champion", "2")
        yield fresh_database
    for database in (f"{name}_mlflow", f"{name}_new", f"{name}_new_mlflow"):
        execute(door, f"drop database if exists {database} with (force)")


def test_a_backup_restored_into_an_empty_stack_gives_the_same_marts_and_champion(source, tmp_path):
    (settings().state_dir / "alerts").mkdir()
    (settings().state_dir / "alerts" / "0.state").write_text("offset 7")
    settings().credentials_file.write_text('{"airflow_fernet_key": "of the source", "postgres_password": "not copied"}')
    before, folder = marts(), tmp_path / "backup"
    made = save(settings(), folder)
    assert made.watermarks == {"sensor_readings": [5, "delta-1"]}
    assert folder.stat().st_mode & 0o077 == 0
    assert "not copied" not in (folder / "secrets.json").read_text()

    door, name = source.rpartition("/")[0] + "/postgres", source.rpartition("/")[2]
    with settings_with(state_dir=str(tmp_path / "new"), database_url=f"{source}_new"):
        execute(door, f"create database {name}_new")
        restore(settings(), folder, replace=False)
        assert marts() == before
        assert champion(f"{source}_new") == "model 2"
        assert (settings().state_dir / "alerts" / "0.state").read_text() == "offset 7"
        assert json.loads(settings().credentials_file.read_text())["airflow_fernet_key"] == "of the source"

        execute(f"{source}_new", "delete from marts.kpis where shift = 7")
        with pytest.raises(
            MillwrightError, match=r"not empty: .* platform\.loads of the database warehouse, .* public"
        ):
            restore(settings(), folder, replace=False)
        assert marts() != before, "a refusal changes nothing"
        restore(settings(), folder, replace=True)
        assert marts() == before

        # Damage that is not the file's: the tables are not what the manifest says.
        told = json.loads((folder / "manifest.json").read_text())
        told["tables"]["marts.kpis"][1] = "0123456789abcdef"
        (folder / "manifest.json").write_text(json.dumps(told))
        with pytest.raises(MillwrightError, match=r"marts\.kpis differ from what was backed up; nothing was exchanged"):
            restore(settings(), folder, replace=True)
        assert marts() == before
        assert not list(restored(settings()))


def test_a_backup_that_fails_leaves_no_folder(fresh_database, tmp_path, monkeypatch):
    def cut_short(folder: Path, made: object) -> None:
        raise KeyboardInterrupt

    with settings_with(state_dir=str(tmp_path / "state"), database_url=fresh_database):
        monkeypatch.setattr(manifest, "write", cut_short)
        with pytest.raises(KeyboardInterrupt):
            save(settings(), tmp_path / "backup")
        assert not [path for path in tmp_path.iterdir() if "backup" in path.name]


def _whole(folder: Path) -> Path:
    """A backup as files only."""
    folder.mkdir()
    (folder / "warehouse.dump").write_bytes(b"rows")
    kept = manifest.kept(folder, "warehouse.dump")
    made = manifest.Manifest("2026-01-01", "0.1.0", "0001", "file:///lake", {"warehouse": kept}, {}, None, {}, {})
    manifest.write(folder, made)
    assert manifest.read(folder) == made
    return folder


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "is no backup, or one that was cut short"),
        (lambda folder: (folder / "manifest.json").write_text('{"format": 1'), "is damaged: it is not JSON"),
        (lambda folder: (folder / "manifest.json").write_text('{"format": 9}'), "a backup of format 9"),
        (lambda folder: (folder / "warehouse.dump").write_bytes(b"rowz"), "its checksum differs"),
        (lambda folder: (folder / "warehouse.dump").unlink(), "lacks warehouse.dump"),
        (shutil.rmtree, "is no backup"),
    ],
)
def test_half_a_backup_is_never_taken_for_one(spoil, said, tmp_path):
    folder = _whole(tmp_path / "backup")
    spoil(folder)
    with pytest.raises(MillwrightError, match=said):
        restore(settings(), folder, replace=True)


def test_a_folder_that_is_there_is_not_written_over(tmp_path):
    told = CliRunner().invoke(cli.backup, [str(tmp_path)])
    assert isinstance(told.exception, MillwrightError)
    assert "is there already" in told.exception.message


def test_the_doctor_finds_a_restore_that_was_cut_short(tmp_path):
    with settings_with(state_dir=str(tmp_path)):
        (tmp_path / MARK).write_text('{"folder": "/backups/monday"}')
        (finding,) = restored(settings())
    assert finding.command == "millwright restore /backups/monday --replace"
