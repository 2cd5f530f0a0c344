import json

import pytest
from click.testing import CliRunner

from infra.local import cli
from infra.local.parts import PARTS
from millwright.errors import MillwrightError
from millwright.settings import settings


@pytest.fixture
def unstarted(tmp_path, monkeypatch):
    """A state folder in which nothing was ever started."""
    monkeypatch.setenv("MILLWRIGHT_STATE_DIR", str(tmp_path / "state"))
    settings.cache_clear()
    yield tmp_path / "state"
    monkeypatch.undo()
    settings.cache_clear()


def _run(command, *arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_status_before_the_first_up_shows_every_part_as_stopped(unstarted):
    states = json.loads(_run(cli.status, "--json"))
    assert {state["part"]: state["state"] for state in states} == {
        part.name: "stopped" for part in PARTS if part.wanted(settings())
    }


def test_status_names_somebody_elses_part_and_hides_its_password(unstarted, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_DATABASE_URL", "postgresql://me:secret@127.0.0.1:9/warehouse")
    settings.cache_clear()
    shown = _run(cli.status)
    assert "unreachable" in shown
    assert "secret" not in shown


def test_down_before_the_first_up_does_nothing(unstarted):
    _run(cli.down)


def test_credentials_before_the_first_up_are_told_to_be_made_by_it(unstarted):
    with pytest.raises(MillwrightError, match="has never been started"):
        _run(cli.status, "--credentials")


def test_an_unknown_part_is_answered_with_those_there_are(unstarted):
    with pytest.raises(MillwrightError, match=r"no part 'kafak'.*kafka, .*postgres"):
        _run(cli.up, "--only", "kafak")


def test_logs_of_an_unknown_part_name_those_there_are(unstarted):
    with pytest.raises(MillwrightError, match="Nothing has been started"):
        _run(cli.logs, "kafka")
    (unstarted / "logs").mkdir(parents=True)
    (unstarted / "logs" / "kafka.log").write_text("one\ntwo\n")
    with pytest.raises(MillwrightError, match="There are: kafka"):
        _run(cli.logs, "sink")
    assert _run(cli.logs, "kafka", "-n", "1") == "two\n"


def test_up_status_and_credentials_over_a_running_part(own):
    own.start("databases")
    assert "postgres" in _run(cli.up, "--only", "databases")
    states = {state["part"]: state for state in json.loads(_run(cli.status, "--json"))}
    assert states["postgres"]["state"] == "running"
    assert states["postgres"]["pid"] == own.pid("postgres")
    assert states["postgres"]["address"] == f"127.0.0.1:{own.settings.postgres_port}"
    shown = _run(cli.status, "--credentials")
    assert own.settings.secret("postgres_password") in shown
    assert own.settings.secret("airflow_password") in shown
    assert own.settings.secret("airflow_jwt_secret") not in shown
