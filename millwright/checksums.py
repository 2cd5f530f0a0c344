"""Checksums of the warehouse's tables: equal for equal rows, in whatever order, whichever load brought them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

# The number of the load that brought a row: the same row of another load has another. Position and append time are the
# record's own and are compared.
LEFT_OUT = frozenset({"_load_id"})

# Partitions are seen through their parent; columns by name, for a column that was added later stands last.
_TABLES = """
select n.nspname, c.relname, array_agg(a.attname::text order by a.attname::text)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = any(%s) and c.relkind in ('r', 'p') and not c.relispartition
group by 1, 2 order by 1, 2"""


@dataclass(frozen=True)
class Checksum:
    """A table's rows, and 64 bits made of all of them."""

    rows: int
    digest: str


def checksums(cursor: Cursor, schemas: Collection[str], left_out: Collection[str] = LEFT_OUT) -> dict[str, Checksum]:
    """schema.table → checksum, for all tables of these schemas, without the columns `left_out`.

    Two 64-bit hashes of each row as text are summed up: a sum has no order, and counts a row that is there twice.
    """
    cursor.execute("set local timezone to 'UTC'")
    cursor.execute(_TABLES, (list(schemas),))
    return {
        f"{schema}.{table}": _checksum(cursor, schema, table, columns, left_out)
        for schema, table, columns in cursor.fetchall()
    }


def _checksum(cursor: Cursor, schema: str, table: str, columns: list[str], left_out: Collection[str]) -> Checksum:
    kept = [name for name in columns if name not in left_out]
    cursor.execute(
        sql.SQL(
            "select count(*), sum(hashtextextended(line, 0)::numeric), sum(hashtextextended(line, 1)::numeric)"
            " from (select row({})::text as line from {}) as lines"
        ).format(sql.SQL(", ").join(map(sql.Identifier, kept)), sql.Identifier(schema, table))
    )
    rows, *sums = cursor.fetchone() or (0,)
    return Checksum(rows, hashlib.sha256(repr([rows, kept, *map(str, sums)]).encode()).hexdigest()[:16])
