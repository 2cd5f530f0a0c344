"""Takes a backup: the warehouse in one snapshot, then what it refers to."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg2
from psycopg2.extensions import cursor as Cursor

from infra.local.backup import manifest, postgres_tools
from infra.local.backup.contents import WAREHOUSE, own_databases, own_folders
from infra.local.backup.manifest import Kept, Manifest
from millwright.checksums import checksums
from millwright.errors import MillwrightError
from millwright.migrations import VERSION_SCHEMA, VERSION_TABLE
from millwright.settings import Settings
from millwright.warehouse import connect, translated

CHECKED = ("marts", "ml", "platform")  # schemas whose tables have a checksum in the manifest; raw can be made anew
SECRETS = ("airflow_fernet_key",)  # without it Airflow cannot read the connections in its database
Report = Callable[[str], None]

_WATERMARKS = """
select distinct on (table_name) table_name, silver_version, silver_id from platform.loads
order by table_name, load_id desc"""


@dataclass(frozen=True)
class _Snapshot:
    dump: Kept
    tables: dict[str, list[object]]
    watermarks: dict[str, list[object]]
    revision: str


def save(config: Settings, folder: Path, report: Report = lambda said: None) -> Manifest:
    """Make the backup `folder`; the platform may be at work.

    Raises MillwrightError when the folder is there already, and Unavailable when Postgres does not answer; then there
    is no such folder.
    """
    folder = folder.absolute()
    if folder.exists():
        raise MillwrightError(f"{folder} is there already.", "Name a new folder: each backup has one of its own.")
    connect().close()
    making = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True, mode=0o700)
    try:
        made = _make(config, making, report)
        manifest.write(making, made)
        os.rename(making, folder)
        _sync(folder.parent)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return made


def _make(config: Settings, folder: Path, report: Report) -> Manifest:
    addresses = own_databases(config)
    report("the warehouse")
    warehouse = _warehouse(addresses.pop(WAREHOUSE), folder)
    dumps = {WAREHOUSE: warehouse.dump}
    for name, address in addresses.items():
        if _is_there(address):
            report(f"the database {name}")
            postgres_tools.dump(address, folder / f"{name}.dump")
            dumps[name] = manifest.kept(folder, f"{name}.dump")
    folders = {}
    for name, path in own_folders(config).items():
        if path.is_dir():
            report(name)
            folders[name] = _packed(path, folder, f"{name}.tar")
    return Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        millwright=version("millwright"),
        revision=warehouse.revision,
        lake=config.lake,
        databases=dumps,
        folders=folders,
        secrets=_secrets(config, folder),
        tables=warehouse.tables,
        watermarks=warehouse.watermarks,
    )


def _warehouse(address: str, folder: Path) -> _Snapshot:
    """The dump and the checksums are of one snapshot, so what is restored can be held against them."""
    connection = connect()
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    try:
        with translated(), connection.cursor() as cursor:
            cursor.execute("select pg_export_snapshot()")
            snapshot = str((cursor.fetchone() or ("",))[0])
            postgres_tools.dump(address, folder / "warehouse.dump", snapshot)
            tables = told(cursor)
            there = f"{VERSION_SCHEMA}.{VERSION_TABLE}"
            revision, marks = "", dict[str, list[object]]()  # "": from before the revisions
            if _exists(cursor, there):
                cursor.execute(f"select version_num from {there}")
                revision = str((cursor.fetchone() or ("",))[0])
            if _exists(cursor, "platform.loads"):
                cursor.execute(_WATERMARKS)
                marks = {table: [number, silver_id] for table, number, silver_id in cursor.fetchall()}
    finally:
        connection.close()
    return _Snapshot(manifest.kept(folder, "warehouse.dump"), tables, marks, revision)


def told(cursor: Cursor) -> dict[str, list[object]]:
    """Rows and digest of each table that a backup is checked by, every column counted."""
    return {name: [sum_.rows, sum_.digest] for name, sum_ in checksums(cursor, CHECKED, left_out=()).items()}


def _exists(cursor: Cursor, table: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (table,))
    return bool((cursor.fetchone() or (False,))[0])


def _is_there(address: str) -> bool:
    try:
        psycopg2.connect(address, connect_timeout=5).close()
    except psycopg2.OperationalError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


def _packed(source: Path, folder: Path, file: str) -> Kept:
    """A folder as a tar file. What is replaced or goes meanwhile is in it as it was, or not."""
    with tarfile.open(folder / file, "w") as tar:
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.suffix != ".new":
                try:
                    tar.add(path, arcname=str(path.relative_to(source)), recursive=False)
                except FileNotFoundError:
                    continue
    return manifest.kept(folder, file)


def _secrets(config: Settings, folder: Path) -> Kept | None:
    if not config.credentials_file.exists():
        return None
    known = json.loads(config.credentials_file.read_text())
    path = folder / "secrets.json"
    path.touch(0o600)
    path.write_text(json.dumps({name: known[name] for name in SECRETS if name in known}))
    return manifest.kept(folder, path.name)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
