"""`millwright alerts notify` as a process of its own, with real Kafka, a mail server and a web server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from millwright.publisher import publish
from millwright.settings import settings
from streaming.alerts.notify import memory_file
from tests.receivers import MailServer, web_server

_MAIL = {
    "SMTP_HOST": "127.0.0.1",
    "ALERT_EMAIL_TO": "shift@example.org",
    "SMTP_TLS": "none",
    "ALERT_DIGEST_SECONDS": "1",
}


@pytest.fixture
def notify(stack, tmp_path, monkeypatch):
    """Starts the service; each test has a memory of its own, so that a way is new to it."""
    monkeypatch.setenv("MILLWRIGHT_STATE_DIR", str(tmp_path / "state"))
    settings.cache_clear()
    started = []

    def start(failpoint="", **environment):
        more = {f"MILLWRIGHT_{name}": value for name, value in environment.items()}
        command = [sys.executable, "-m", "millwright", "alerts", "notify"]
        started.append(
            subprocess.Popen(
                command,
                env={**os.environ, **more, "MILLWRIGHT_FAILPOINT": failpoint},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield start
    for one in started:
        one.kill()
        one.wait()
    monkeypatch.undo()
    settings.cache_clear()


def _alerts(count, state="raised", machine=None, ids=None, **more):
    """Sends alerts of now; their ids."""
    ids = ids or [uuid.uuid4().hex for _ in range(count)]
    now = datetime.now(UTC)
    rows = [
        {
            "equipment_id": machine or f"notify-{number}",
            "event_time": now,
            "alert_id": alert,
            "rule": "limit_high",
            "severity": "critical",
            "state": state,
            "message": f"machine {number} is hot",
            **more,
        }
        for number, alert in enumerate(ids)
    ]
    publish("equipment-alerts", rows)
    return ids


def _until(condition, seconds=60.0):
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.1)


def test_a_dead_webhook_does_not_hold_up_mail_and_gets_everything_when_it_is_back(notify):
    with MailServer() as mails:
        with web_server() as web:
            port, url = web.port, web.url
            first = _alerts(1)
            service = notify(**_MAIL, SMTP_PORT=str(mails.port), ALERT_WEBHOOK_URL=url)
            _until(lambda: f"{first[0]}/raised" in web.keys and mails.mails)
        second = _alerts(30)
        _until(lambda: any("30 alerts: 30 critical" in mail["Subject"] for mail in mails.mails))  # one mail, not thirty
        with web_server(port) as web:
            _until(lambda: {f"{alert}/raised" for alert in second} <= set(web.keys))
            _alerts(1, "cleared", ids=first)
            _until(lambda: f"{first[0]}/cleared" in web.keys)
            assert len(web.keys) == len(set(web.keys))
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0, service.stderr.read()


def test_a_service_that_is_killed_tells_every_alert_and_at_most_the_one_under_way_twice(notify):
    with web_server() as web:
        ids = []
        for place in ("notify.after_delivery", "notify.after_save:2", "notify.after_commit"):
            ids += _alerts(3)
            assert notify(place, ALERT_WEBHOOK_URL=web.url).wait(60) == -signal.SIGKILL, place
        for _ in range(2):  # one that starts again and again tells nothing again
            ids += _alerts(1)
            service = notify(ALERT_WEBHOOK_URL=web.url)
            _until(lambda: f"{ids[-1]}/raised" in web.keys)  # noqa: B023
            service.send_signal(signal.SIGTERM)
            assert service.wait(30) == 0
        assert {f"{alert}/raised" for alert in ids} <= set(web.keys)
        mine = [key for key in web.keys if key.split("/")[0] in ids]
        assert len(mine) - len(set(mine)) <= 1


def test_alerts_of_a_planned_stop_and_of_history_are_not_told(notify):
    machine, now = f"notify-{uuid.uuid4().hex[:8]}", datetime.now(UTC)
    stop = {"equipment_id": machine, "event_time": now - timedelta(minutes=1), "kind": "down", "planned": True}
    publish("equipment-status", [stop])
    with web_server() as web:
        [held] = _alerts(1, machine=machine)
        [old] = _alerts(1, event_time=now - timedelta(days=3))
        notify(ALERT_WEBHOOK_URL=web.url)
        [told] = _alerts(1)
        _until(lambda: f"{told}/raised" in web.keys)
        assert not {f"{held}/raised", f"{old}/raised"} & set(web.keys)
        publish("equipment-status", [{"equipment_id": machine, "event_time": now, "kind": "running"}])
        _until(lambda: f"{held}/raised" in web.keys)


def test_nobody_to_tell_is_one_sentence(notify):
    service = notify()
    assert service.wait(60) == 1
    said = service.stderr.read()
    assert "Nobody is to be told of alerts" in said
    assert "Traceback" not in said


def test_a_damaged_memory_says_what_to_do(notify):
    memory_file("webhook").parent.mkdir(parents=True)
    memory_file("webhook").write_text("1.0\n{")
    service = notify(ALERT_WEBHOOK_URL="http://127.0.0.1:1/")
    assert service.wait(60) == 1
    assert "webhook.json is damaged" in service.stderr.read()
