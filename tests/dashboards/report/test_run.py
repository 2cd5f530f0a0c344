"""The report of the warehouse's own week, made by the command and sent by the DAG's task."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner

from dashboards.cli import dashboards
from dashboards.report import paper, run
from dashboards.report.words import sentences
from millwright.errors import MillwrightError
from millwright.settings import settings
from tests.dashboards.report.a_week import facts
from tests.receivers import MailServer


@pytest.fixture
def week(warehouse, monkeypatch):
    """Without Chromium, which would print for seconds: tests/dashboards/test_browser.py has it print once."""
    monkeypatch.setenv("MILLWRIGHT_REPORT_EMAIL_TO", "director@millwright.example")
    monkeypatch.setattr(paper, "browser", lambda: None)
    settings.cache_clear()
    yield warehouse
    with psycopg2.connect(warehouse) as owner, owner.cursor() as cursor:
        cursor.execute("truncate platform.weekly_reports")


def test_the_command_writes_a_week_with_the_numbers_of_the_marts(week, tmp_path):
    told = CliRunner().invoke(dashboards, ["report", "--week", "2026-W13", "--out", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "(by matplotlib)" in told.output
    assert (tmp_path / "2026-W13.pdf").read_bytes().startswith(b"%PDF")
    html = (tmp_path / "2026-W13.html").read_text()
    assert "Week 13: 23 March to 29 March 2026" in html
    with psycopg2.connect(week) as owner, owner.cursor() as cursor:
        cursor.execute(
            "select sum(good_units) from marts.mart_production_kpis"
            " where is_working and shift_date between '2026-03-23' and '2026-03-29'"
        )
        assert f"<strong>{cursor.fetchone()[0]:,.0f}</strong>" in html
        cursor.execute(
            "select count(distinct (equipment_id, event_time)) from marts.fact_equipment_events"
            " where kind = 'failure' and event_time >= '2026-03-23' and event_time < '2026-03-30'"
        )
        assert re.search(rf"<strong>\d+ of {cursor.fetchone()[0]}</strong>", html)


def test_the_dag_sends_a_week_once_and_again_only_if_it_was_killed_before_it_could_note_it(week, monkeypatch):
    made = []
    monkeypatch.setattr(run, "paper", lambda facts: made.append(facts) or (b"%PDF-", "nobody"))
    told = run.send_once()
    assert (told["week"], told["sent"]) == ("2026-W14", False)  # written, for no mail server is named
    with MailServer() as server:
        monkeypatch.setenv("MILLWRIGHT_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("MILLWRIGHT_SMTP_PORT", str(server.port))
        monkeypatch.setenv("MILLWRIGHT_SMTP_TLS", "none")
        settings.cache_clear()
        with monkeypatch.context() as killed:
            killed.setattr(run, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                run.send_once()
        assert run.send_once()["sent"]
        assert run.send_once() == {"week": "2026-W14", "sent": False, "reason": "It has been sent."}
    one, two = server.mails
    assert one["Message-ID"] == two["Message-ID"]
    assert one["To"] == "director@millwright.example"
    assert one["Subject"].startswith("[millwright] Week 2026-W14: OEE ")
    text = " ".join(one.get_body(("plain",)).get_content().split())
    assert all(sentence in text for sentence in sentences(made[-1]))
    pdf, html = one.iter_attachments()
    assert pdf.get_content() == b"%PDF-"
    assert (html.get_content_type(), html.get_filename()) == ("text/html", "millwright-2026-W14.html")


def test_whoever_asks_for_a_mail_without_a_server_or_without_a_reader_is_told(monkeypatch):
    with pytest.raises(MillwrightError, match="No mail server"):
        run.send(run.Report(facts(), Path(), Path(), ""))
    monkeypatch.setenv("MILLWRIGHT_SMTP_HOST", "127.0.0.1")
    settings.cache_clear()
    with pytest.raises(MillwrightError, match="Nobody is named") as error:
        run.send(run.Report(facts(), Path(), Path(), ""))
    assert "MILLWRIGHT_REPORT_EMAIL_TO" in error.value.remedy
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("fresh_database")
def test_a_plant_that_has_only_just_begun_has_no_report_and_no_failed_run():
    assert run.send_once() == {"week": None, "sent": False, "reason": "The marts have not been built yet."}
