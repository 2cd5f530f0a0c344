"""Puts a backup back: everything beside what is there and checked, then exchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from infra.local import credentials
from infra.local.backup import folders, manifest, postgres_tools
from infra.local.backup.contents import FILES_OF_USE, ROWS_OF_USE, WAREHOUSE, own_databases, own_folders
from infra.local.backup.manifest import Manifest
from infra.local.backup.snapshot import told
from millwright.errors import MillwrightError
from millwright.migrations import newest
from millwright.settings import Settings
from millwright.warehouse import translated

MARK = "restoring.json"  # in the state folder from the first exchange to the last
Report = Callable[[str], None]


def restore(config: Settings, folder: Path, replace: bool, report: Report = lambda said: None) -> Manifest:
    """Bring databases, artifacts and positions to what the backup holds; only Postgres may be running.

    All files are verified first, all databases restored beside those that are there and the warehouse's tables held
    against their checksums; only then are they exchanged. Cut short, it is run again with `replace`. Raises
    MillwrightError for a backup that is not whole or newer than we, and for a target that holds something, unless it
    is to be replaced.
    """
    report("checking the backup")
    found = manifest.read(folder)
    if found.revision > newest():
        problem = f"The backup's tables are at revision {found.revision}, and this Millwright knows {newest()}."
        raise MillwrightError(problem, "Install the version that made it: " + found.millwright + " or newer.")
    addresses = {name: address for name, address in own_databases(config).items() if name in found.databases}
    if not replace:
        _require_empty(config, addresses)
    for name, address in addresses.items():
        report(f"the database {name}")
        _fill_beside(address, folder / found.databases[name].file)
        if name == WAREHOUSE:
            _compare(_beside(address), found)
    packed = {name: path for name, path in own_folders(config).items() if name in found.folders}
    for name, path in packed.items():
        report(name)
        folders.unpack_beside(folder / found.folders[name].file, path)

    report("exchanging")
    mark = config.state_dir / MARK
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(json.dumps({"folder": str(folder.absolute())}))
    for address in addresses.values():
        _exchange(address)
    for path in packed.values():
        folders.exchange(path)
    if found.secrets:
        credentials.take_over(config, json.loads((folder / found.secrets.file).read_text()))
    mark.unlink()
    return found


def _require_empty(config: Settings, addresses: dict[str, str]) -> None:
    holding = [f"{table} of the database {name}" for name, at in addresses.items() for table in _used(name, at)]
    own = own_folders(config)
    holding += [str(own[name]) for name in FILES_OF_USE if name in own and _holds(own[name])]
    if holding:
        problem = f"The target is not empty: there is something in {', '.join(holding)}."
        raise MillwrightError(problem, "Restore into a new stack, or give up what is there with `--replace`.")


def _used(name: str, address: str) -> list[str]:
    try:
        connection = psycopg2.connect(address, connect_timeout=10)
    except psycopg2.OperationalError as error:
        if "does not exist" in str(error):
            return []
        raise
    try:
        with connection.cursor() as cursor:
            found = []
            for table in ROWS_OF_USE[name]:
                cursor.execute("select to_regclass(%s) is not null", (table,))
                if (cursor.fetchone() or (False,))[0]:
                    cursor.execute(f"select exists (select from {table})")
                    found += [table] if (cursor.fetchone() or (False,))[0] else []
        return found
    finally:
        connection.close()


def _holds(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))


def _fill_beside(address: str, dump: Path) -> None:
    beside = _beside(address)
    _administer(address, "drop database if exists {} with (force)", beside)
    _administer(address, "create database {}", beside)
    postgres_tools.restore(beside, dump)


def _compare(address: str, found: Manifest) -> None:
    connection = psycopg2.connect(address, connect_timeout=10)
    try:
        with connection.cursor() as cursor:
            there = told(cursor)
    finally:
        connection.close()
    differing = sorted(name for name in there.keys() | found.tables if there.get(name) != found.tables.get(name))
    if differing:
        problem = f"After restoring, {', '.join(differing[:5])} differ from what was backed up; nothing was exchanged."
        raise MillwrightError(problem, "Take an older backup, and keep this one to be looked at.")


def _exchange(address: str) -> None:
    """The restored database takes the name; whoever is connected to the old one is put out."""
    _administer(address, "drop database if exists {} with (force)", address)
    _administer(address, "alter database {} rename to {}", _beside(address), address)


def _beside(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(path=f"{parts.path}_restored"))


def _administer(address: str, statement: str, *about: str) -> None:
    """A statement about databases, given by their addresses, from outside them."""
    names = [sql.Identifier(urlsplit(each).path.lstrip("/")) for each in about]
    door = urlunsplit(urlsplit(address)._replace(path="/postgres"))
    with translated():
        connection = psycopg2.connect(door, connect_timeout=10)
    connection.autocommit = True
    try:
        with translated(), connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*names))
    except psycopg2.errors.InsufficientPrivilege:
        raise MillwrightError(
            "The user of MILLWRIGHT_DATABASE_URL may not make and rename databases.",
            "Restore as one who may (createdb).",
        ) from None
    finally:
        connection.close()
