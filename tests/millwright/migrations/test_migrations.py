from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from millwright import migrations, ml_tables, platform_tables, quality_tables, tables
from millwright.errors import MillwrightError
from millwright.warehouse import session

OLDEST = Path(__file__).with_name("oldest_tables.sql").read_text()
DROP = "drop schema if exists raw, ml, platform cascade"
# Columns by name, for one that came later stands last; indexes and rules by what they say.
SCHEMA = """
select table_schema, table_name, column_name, data_type, is_nullable, column_default, is_identity
from information_schema.columns where table_schema in ('raw', 'ml', 'platform')
union all
select schemaname, tablename, indexname, indexdef, null, null, null from pg_indexes
where schemaname in ('raw', 'ml', 'platform')
union all
select n.nspname, r.relname, c.conname, pg_get_constraintdef(c.oid), null, null, null
from pg_constraint c join pg_class r on r.oid = c.conrelid join pg_namespace n on n.oid = r.relnamespace
where n.nspname in ('raw', 'ml', 'platform') order by 1, 2, 3, 4"""


def query(statement: str) -> list[tuple[object, ...]]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.usefixtures("fresh_database")
def test_every_older_warehouse_becomes_what_a_new_one_is_and_keeps_its_rows():
    new = query(SCHEMA)
    query("insert into platform.retention (table_name, floor) values ('x', '2020-01-01')")

    query("drop table platform.revision")  # as any warehouse that was made before the revisions
    tables.migrate()
    assert query(SCHEMA) == new
    assert query("select table_name from platform.retention") == [("x",)]

    query(DROP + ";" + OLDEST)
    tables.migrate()
    assert query(SCHEMA) == new
    assert query("select table_name, silver_version from platform.loads") == [("sensor_readings", 3)]
    assert query("select model_name, reason from ml.promotions") == [("failure", "the first")]
    assert query("select version_num from platform.revision") == [(migrations.newest(),)]


@pytest.mark.usefixtures("fresh_database")
def test_an_upgrade_that_fails_in_the_middle_leaves_the_old_state():
    # Two loads with one number, which the second revision's key refuses when the first has made its tables.
    twice = (
        "alter table platform.loads drop constraint loads_pkey;"
        "insert into platform.loads overriding system value select * from platform.loads"
    )
    query(DROP + ";" + OLDEST + ";" + twice)
    before = query(SCHEMA)
    with pytest.raises(Exception, match="could not create unique index"):
        tables.migrate()
    assert query(SCHEMA) == before


@pytest.mark.usefixtures("fresh_database")
def test_a_warehouse_that_a_newer_millwright_has_been_at_is_left_alone():
    query("update platform.revision set version_num = '9000'")
    with pytest.raises(MillwrightError, match="at revision 9000, and this Millwright knows them up to") as refused:
        tables.migrate()
    assert "docs/upgrade.md" in refused.value.remedy


@pytest.mark.usefixtures("fresh_database")
def test_migrating_again_waits_for_no_load():
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "lock table ml.predictions in access share mode; lock table platform.loads in row exclusive mode"
        )
        tables.migrate()  # would wait here for ever if it locked any table against writers


def test_the_newest_by_name_is_the_newest_by_alembic_and_the_chain_has_one_end():
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    script = ScriptDirectory.from_config(config)
    assert script.get_heads() == [migrations.newest()]
    for path in (migrations.FOLDER / "versions").glob("[0-9]*.py"):
        assert f'revision = "{path.name.partition("_")[0]}"' in path.read_text()


def test_what_the_first_revision_makes_is_never_changed():
    said = repr((platform_tables.STATEMENTS, ml_tables.STATEMENTS, quality_tables.STATEMENTS))
    changed = "Write a revision in millwright/migrations/versions instead: warehouses that exist would not get this."
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == "c63f7f92b98854ba", changed
