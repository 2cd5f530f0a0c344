"""`millwright alerts test` and `ls` as a user gives them, without Kafka."""

import json

import pytest
from click.testing import CliRunner

from millwright.errors import MillwrightError
from millwright.settings import settings
from streaming.alerts.cli import alerts
from streaming.alerts.events import Events, Machine
from streaming.alerts.service import positions
from streaming.alerts.share import Share
from streaming.positions import Position
from tests.receivers import MailServer, web_server
from tests.streaming.alerts.readings import BEGIN, judge
from tests.streaming.alerts.test_watch import LIMITS, empty


@pytest.fixture
def own_state(tmp_path, monkeypatch):
    def setting(**values):
        for name, value in values.items():
            monkeypatch.setenv(f"MILLWRIGHT_{name}", value)
        settings.cache_clear()

    setting(STATE_DIR=str(tmp_path))
    yield setting
    monkeypatch.undo()
    settings.cache_clear()


def _run(*words):
    return CliRunner().invoke(alerts, words)


def test_a_test_message_goes_out_on_every_way_and_it_is_said_where(own_state):
    with MailServer() as mails, web_server() as web:
        own_state(SMTP_HOST="127.0.0.1", SMTP_PORT=str(mails.port), SMTP_TLS="none", ALERT_EMAIL_TO="a@x.org")
        own_state(ALERT_WEBHOOK_URL=web.url)
        done = _run("test")
        assert done.exit_code == 0
        assert f"webhook: delivered: http://127.0.0.1:{web.port}\n" in done.output
        assert f"mail: delivered: a@x.org by 127.0.0.1:{mails.port}\n" in done.output
        assert web.posts[0][1]["text"] == "This is a test of Millwright's alerts: nothing is the matter."
        assert mails.mails[0]["Subject"].startswith("[warning] This is a test")


def test_a_test_that_cannot_be_delivered_says_why(own_state, monkeypatch):
    monkeypatch.setattr("millwright.notify._WAIT_SECONDS", 0.01)
    own_state(ALERT_WEBHOOK_URL="http://127.0.0.1:1/hook")
    done = _run("test")
    assert "webhook: not delivered: The webhook at http://127.0.0.1:1 does not answer" in done.output
    assert isinstance(done.exception, MillwrightError)


def test_nobody_to_test_is_told(own_state):
    assert "There is nobody to send a test to" in _run("test").exception.message


def test_what_is_raised_is_listed_from_what_the_service_saved(own_state):
    assert _run("ls").output == "No alarm is raised.\n"
    state, events = empty(), Events()
    judge(state, LIMITS, (0, 11.0), (0, 25.0, "b"), (1, 3.0, "b"))
    events._machines["c"] = Machine(0, alarms={"error/E1": _error()})
    positions().save("equipment-sensors", 0, Position("id", 1, Share(whole=state)))
    positions().save("equipment-status", 0, Position("id", 1, Share(whole=events)))
    found = json.loads(_run("ls", "--json").output)
    assert [(a["equipment_id"], a["rule"], a["about"], a["value"]) for a in found] == [
        ("a", "limit_high", "vibration", 11.0),
        ("c", "error", "E1", None),
    ]
    assert found[0]["raised"] == "2026-03-01T00:00:00+00:00"
    assert "vibration" in _run("ls").output


def _error():
    since = int(BEGIN.timestamp() * 1e6) - 1_000_000
    return {"rule": "error", "about": "E1", "severity": "warning", "since": since}
