from __future__ import annotations

import psycopg2
import pytest
import sqlalchemy

from millwright import warehouse
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings

KILL_ME = "select pg_terminate_backend(pg_backend_pid())"


@pytest.fixture
def nobody_there(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_DATABASE_URL", "postgresql+psycopg2://user:s3cret@127.0.0.1:1/plant")
    settings.cache_clear()
    yield
    settings.cache_clear()


def _through_adbc(statement: str) -> None:
    with warehouse.translated(), warehouse.adbc() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()


def _through_engine(statement: str) -> None:
    with warehouse.engine().connect() as connection:
        connection.execute(sqlalchemy.text(statement))


def _through_session(statement: str) -> None:
    with warehouse.session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)


WAYS = pytest.mark.parametrize("run", [_through_session, _through_engine, _through_adbc])


@WAYS
@pytest.mark.usefixtures("nobody_there")
def test_a_warehouse_that_does_not_answer_is_named_without_its_password(run):
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/plant does not answer.*millwright up") as raised:
        run("select 1")
    assert "s3cret" not in str(raised.value)


@WAYS
@pytest.mark.usefixtures("fresh_database")
def test_a_connection_lost_in_use_is_said_to_be_unavailable(run):
    with pytest.raises(Unavailable, match="does not answer"):
        run(KILL_ME)


@WAYS
@pytest.mark.usefixtures("fresh_database")
def test_an_error_of_the_statement_itself_passes_unchanged(run):
    with pytest.raises(Exception, match="division by zero") as raised:
        run("select 1 / 0")
    assert not isinstance(raised.value, MillwrightError)


def test_a_wrong_password_is_no_outage(fresh_database, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_DATABASE_URL", fresh_database.replace("://millwright:", "://millwright:not-"))
    settings.cache_clear()
    with pytest.raises(MillwrightError, match="password authentication failed") as raised:
        warehouse.connect()
    assert not isinstance(raised.value, Unavailable)


def _insert_and_fail() -> None:
    with warehouse.session() as connection, connection.cursor() as cursor:
        cursor.execute("insert into note values ('lost')")
        raise ZeroDivisionError


@pytest.mark.usefixtures("fresh_database")
def test_a_session_commits_at_its_end_and_rolls_back_on_an_error():
    _through_session("create table note (text text)")
    _through_session("insert into note values ('kept')")
    with pytest.raises(ZeroDivisionError):
        _insert_and_fail()
    with warehouse.session() as connection, connection.cursor() as cursor:
        cursor.execute("select text, current_setting('timezone') from note")
        assert cursor.fetchall() == [("kept", "UTC")]


@pytest.mark.usefixtures("fresh_database")
def test_connecting_leaves_autocommit_off():
    connection = warehouse.connect()
    assert connection.autocommit is False
    assert isinstance(connection, psycopg2.extensions.connection)
    connection.close()
