"""The warehouse in one snapshot: dumped, and its tables' checksums read beside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from infra.local.backup import manifest, postgres_tools
from infra.local.backup.manifest import Kept
from millwright.checksums import checksums
from millwright.migrations import VERSION_SCHEMA, VERSION_TABLE
from millwright.warehouse import connect, translated

CHECKED = ("marts", "ml", "platform")  # schemas whose tables have a checksum in the manifest; raw can be made anew

_WATERMARKS = """
select distinct on (table_name) table_name, silver_version, silver_id from platform.loads
order by table_name, load_id desc"""


@dataclass(frozen=True)
class Snapshot:
    """The warehouse at one moment: its dump, and what was read in the same snapshot."""

    dump: Kept
    tables: dict[str, list[object]]
    watermarks: dict[str, list[object]]
    revision: str


def take(address: str, folder: Path) -> Snapshot:
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
    return Snapshot(manifest.kept(folder, "warehouse.dump"), tables, marks, revision)


def told(cursor: Cursor) -> dict[str, list[object]]:
    """Rows and digest of each table that a backup is checked by, every column counted."""
    return {name: [sum_.rows, sum_.digest] for name, sum_ in checksums(cursor, CHECKED, left_out=()).items()}


def _exists(cursor: Cursor, table: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (table,))
    return bool((cursor.fetchone() or (False,))[0])
