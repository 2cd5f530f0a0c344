"""The report of the warehouse's own week, made by the command and sent by the DAG's task."""

from __future__ import annotations

import psycopg2
import pytest
from click.testing import CliRunner

from dashboards.cli import dashboards
from dashboards.report import paper, run
from dashboards.report.words import sentences
from millwright.errors import MillwrightError
from millwright.settings import settings
from tests.receivers import MailServer


@pytest.fixture
def week(warehouse, tmp_path, monkeypatch):
    """Without Chromium, which would print for seconds: tests/dashboards/test_browser.py has it print once."""
    monkeypatch.setenv("MILLWRIGHT_REPORT_EMAIL_TO", "director@millwright.example")
    monkeypatch.setattr(paper, "browser", lambda: None)
    settings.cache_clear()
    yield warehouse
    with psycopg2.connect(warehouse) as owner, owner.cursor() as cursor:
        cursor.execute("truncate platform.weekly_reports")


def test_the_command_writes_the_last_whole_week(week, tmp_path):
    told = CliRunner().invoke(dashboards, ["report", "--out", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert (tmp_path / "2026-W14.pdf").read_bytes().startswith(b"%PDF")
    html = (tmp_path / "2026-W14.html").read_text()
    assert "Week 14: 30 March to 5 April 2026" in html
    assert "(by matplotlib)" in told.output


def test_its_numbers_are_those_of_the_marts(week, tmp_path):
    made = run.make("2026-W13", tmp_path).facts
    with psycopg2.connect(week) as owner, owner.cursor() as cursor:
        cursor.execute(
            "select sum(good_units) from marts.mart_production_kpis"
            " where is_working and shift_date between '2026-03-23' and '2026-03-29'"
        )
        assert made.measures["production_kpis.good_units"].value == float(cursor.fetchone()[0])
        cursor.execute(
            "select count(distinct (equipment_id, event_time)) from marts.fact_equipment_events"
            " where kind = 'failure' and event_time >= '2026-03-23' and event_time < '2026-03-30'"
        )
        assert len(made.failures) == cursor.fetchone()[0] > 0
    assert made.failed("foreseen") + made.failed("missed") == len(made.failures)


def test_the_dag_sends_a_week_once_and_again_only_if_it_was_killed_before_it_could_note_it(week, monkeypatch):
    with MailServer() as server:
        monkeypatch.setenv("MILLWRIGHT_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("MILLWRIGHT_SMTP_PORT", str(server.port))
        monkeypatch.setenv("MILLWRIGHT_SMTP_TLS", "none")
        settings.cache_clear()
        with monkeypatch.context() as killed:
            killed.setattr(run, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                run.send_once()
        first = run.send_once()
        assert (first["week"], first["sent"]) == ("2026-W14", True)
        assert run.send_once() == {"week": "2026-W14", "sent": False, "reason": "It has been sent."}
    one, two = server.mails
    assert one["Message-ID"] == two["Message-ID"]
    assert one["To"] == "director@millwright.example"
    assert one["Subject"].startswith("[millwright] Week 2026-W14: OEE ")
    text = one.get_body(("plain",)).get_content()
    assert all(sentence in " ".join(text.split()) for sentence in sentences(run.make("2026-W14").facts))
    pdf, html = one.iter_attachments()
    assert pdf.get_content().startswith(b"%PDF")
    assert (html.get_content_type(), html.get_filename()) == ("text/html", "millwright-2026-W14.html")


def test_without_a_mail_server_it_is_written_and_whoever_asks_for_a_mail_is_told(week, tmp_path):
    told = run.send_once()
    assert (told["sent"], told["reason"]) == (False, "MILLWRIGHT_SMTP_HOST names no mail server.")
    with pytest.raises(MillwrightError, match="No mail server"):
        run.send(run.make("2026-W14", tmp_path))
