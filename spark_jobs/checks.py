"""Do the warehouse's watermarks and the lake's silver tables tell the same story?"""

from __future__ import annotations

from collections.abc import Iterator

from millwright.contracts import contracts
from millwright.derived import raw_tables
from millwright.doctor import Check, Finding
from millwright.lake import chain_end
from millwright.silver_position import silver_position
from millwright.store import lake_store
from millwright.warehouse import session
from spark_jobs.silver import Silver

_WATERMARKS = (
    "select distinct on (table_name) table_name, silver_version, silver_id from platform.loads order by 1, load_id desc"
)


def watermarks() -> Iterator[Finding]:
    """Each table was loaded from the silver table that is there, and from no version that it has not reached."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('platform.loads') is not null")
        if not (cursor.fetchone() or (False,))[0]:
            return  # the check of tables tells
        cursor.execute(_WATERMARKS)
        loaded = {table: (version, silver_id) for table, version, silver_id in cursor.fetchall()}
    for spec in raw_tables().values():
        if spec.table not in loaded:
            continue
        version, silver_id = loaded[spec.table]
        silver = Silver.find(spec)
        if silver is None:
            problem = f"raw.{spec.table} was loaded from silver, and the lake has no silver table {spec.table}."
        elif silver.table_id != silver_id:
            problem = f"raw.{spec.table} was loaded from another silver table than the lake has now."
        elif silver.version < version:
            problem = f"raw.{spec.table} was loaded up to version {version}; the lake's silver is at {silver.version}."
        else:
            continue
        remedy = "Make silver and warehouse anew from bronze; `--check` first says what differs."
        yield Finding(problem, remedy, "millwright rebuild --check; millwright rebuild")


def silver_against_bronze() -> Iterator[Finding]:
    """Silver has read no further than bronze goes."""
    store = lake_store()
    for contract in contracts().values():
        for partition, offset in silver_position(contract).items():
            end = chain_end(store, contract.topic, partition) if partition >= 0 else None
            if partition >= 0 and offset > (end or 0):
                problem = (
                    f"Silver has read {contract.topic}/{partition} up to offset {offset - 1}; "
                    f"bronze ends at {(end or 0) - 1}."
                )
                remedy = "Put the missing bronze files back from a copy, or make silver anew from what there is."
                yield Finding(problem, remedy, f"millwright lake verify --stream {contract.stream}; millwright rebuild")


CHECKS = [
    Check("watermarks", "the warehouse's against silver", watermarks),
    Check("silver against bronze", "read no further than it goes", silver_against_bronze),
]
