from __future__ import annotations

import psycopg2
import pytest

from dashboards import reader
from dashboards.template import Rendered
from millwright.settings import settings


@pytest.fixture(scope="module")
def role(filled):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLWRIGHT_DATABASE_URL", filled)
        settings.cache_clear()
        reader.ensure()
        with reader.reading() as connection:
            yield connection
    settings.cache_clear()


def test_the_role_reads_marts_also_those_that_are_made_later(role, warehouse):
    reader.ensure()
    with psycopg2.connect(warehouse) as owner, owner.cursor() as cursor:
        cursor.execute("create table marts.made_later as select 1 as one")
    try:
        assert reader.ask(role, Rendered("select one from marts.made_later", {})) == (["one"], [(1,)])
    finally:
        with psycopg2.connect(warehouse) as owner, owner.cursor() as cursor:
            cursor.execute("drop table marts.made_later")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from raw.sensor_readings",
        "select * from ml.predictions",
        "select * from intermediate.int_alert_states",
        "select * from platform.loads",
        "insert into marts.dim_plant values ('x')",
        "delete from marts.mart_production_kpis",
        "update marts.dim_plant set plant_name = 'x'",
        "truncate marts.dim_plant",
        "drop table marts.dim_plant",
        "create table marts.mine (one int)",
        "create table public.mine (one int)",
        "create temporary table mine (one int)",
        "create role other",
        "copy marts.dim_plant to '/tmp/plants'",
        "copy (select 1) to program 'id'",
        "select pg_read_file('/etc/passwd')",
        "select rolpassword from pg_authid",
    ],
)
def test_the_role_can_neither_write_nor_read_anything_else(role, statement):
    role.set_session(readonly=False)  # what a session can undo by itself protects nothing
    with role.cursor() as cursor:
        cursor.execute("set default_transaction_read_only = off")
        with pytest.raises(psycopg2.Error) as refused:
            cursor.execute(statement)
    assert refused.value.pgcode == "42501"  # insufficient privilege
