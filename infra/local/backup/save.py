"""Takes a backup: the warehouse in one snapshot, then what it refers to."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psycopg2

from infra.local.backup import folders, manifest, postgres_tools
from infra.local.backup.contents import WAREHOUSE, own_databases, own_folders
from infra.local.backup.manifest import Kept, Manifest
from infra.local.backup.snapshot import take
from millwright.errors import MillwrightError
from millwright.settings import Settings
from millwright.warehouse import connect

SECRETS = ("airflow_fernet_key",)  # without it Airflow cannot read the connections in its database
Report = Callable[[str], None]


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
    warehouse = take(addresses.pop(WAREHOUSE), folder)
    dumps = {WAREHOUSE: warehouse.dump}
    for name, address in addresses.items():
        if _is_there(address):
            report(f"the database {name}")
            postgres_tools.dump(address, folder / f"{name}.dump")
            dumps[name] = manifest.kept(folder, f"{name}.dump")
    packed = {}
    for name, path in own_folders(config).items():
        if path.is_dir():
            report(name)
            packed[name] = folders.pack(path, folder, f"{name}.tar")
    return Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        millwright=version("millwright"),
        revision=warehouse.revision,
        lake=config.lake,
        databases=dumps,
        folders=packed,
        secrets=_secrets(config, folder),
        tables=warehouse.tables,
        watermarks=warehouse.watermarks,
    )


def _is_there(address: str) -> bool:
    try:
        psycopg2.connect(address, connect_timeout=5).close()
    except psycopg2.OperationalError as error:
        if "does not exist" in str(error):
            return False
        raise
    return True


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
