"""A failed and a late run reach people by webhook and by mail, once each."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace

import pytest

from airflow_dags.alarms import tell_failed, tell_late
from millwright.settings import settings
from tests.receivers import MailServer, web_server

RUN = "manual__2026-01-31T00:00:00+00:00"
MOMENT = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)


@pytest.fixture
def told(monkeypatch):
    """What a webhook and a mailbox are told."""
    with web_server() as web, MailServer() as mail:
        monkeypatch.setenv("MILLWRIGHT_ALERT_WEBHOOK_URL", web.url)
        monkeypatch.setenv("MILLWRIGHT_ALERT_EMAIL_TO", "shift@example.org")
        monkeypatch.setenv("MILLWRIGHT_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("MILLWRIGHT_SMTP_PORT", str(mail.port))
        monkeypatch.setenv("MILLWRIGHT_SMTP_TLS", "none")
        monkeypatch.setenv("MILLWRIGHT_AIRFLOW_PUBLIC_URL", "https://airflow.example/")
        settings.cache_clear()
        yield SimpleNamespace(posts=web.posts, mails=mail.mails)
    settings.cache_clear()


def failed() -> dict[str, object]:
    return {
        "dag": SimpleNamespace(dag_id="dbt_transformations"),
        "run_id": RUN,
        "dag_run": SimpleNamespace(run_after=MOMENT),
        "ti": SimpleNamespace(task_id="dbt_build"),
    }


def late() -> dict[str, object]:
    return {"dag_run": {"dag_id": "reports", "dag_run_id": RUN, "queued_at": MOMENT.isoformat(), "run_after": None}}


def test_a_failed_run_is_told_with_its_task_and_a_link_that_leads_there(told):
    tell_failed(failed())
    [(key, post)], [mail] = told.posts, told.mails
    assert (post["state"], post["severity"]) == ("raised", "critical")
    assert "dbt_transformations failed at dbt_build" in post["text"]
    assert (
        post["link"]
        == "https://airflow.example/dags/dbt_transformations/runs/manual__2026-01-31T00%3A00%3A00%2B00%3A00"
    )
    assert post["link"] in mail["subject"].replace("\n", "") or post["link"] in mail.get_body().get_content()
    tell_failed(failed())
    assert [key for key, _ in told.posts] == [key, key]  # by which a receiver drops the second


def test_a_late_run_is_told_as_a_warning(told):
    asyncio.run(tell_late(late(), minutes=60))
    [(_, post)] = told.posts
    assert (post["severity"], post["dag_id"]) == ("warning", "reports")
    assert "not through after 60 minutes" in post["text"]


def test_who_wants_to_hear_of_critical_things_only_is_not_told_of_a_late_run(told, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_ALERT_MIN_SEVERITY", "critical")
    settings.cache_clear()
    asyncio.run(tell_late(late(), minutes=60))
    assert told.posts == told.mails == []


def test_without_anybody_to_tell_it_is_said_in_the_log(monkeypatch, caplog):
    tell_failed(failed())
    assert "Nobody is told" in caplog.text
