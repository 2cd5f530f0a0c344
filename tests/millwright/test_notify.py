"""Telling people, with a real mail server and a real web server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from millwright.errors import MillwrightError
from millwright.notify import Mail, Notice, Refused, Undelivered, Webhook, configured, tell
from millwright.notify.mail import message
from millwright.settings import Settings
from tests.receivers import MailServer, web_server

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOT = Notice("id1", "raised", "critical", "press-1: temperature 99 is above its critical limit.", NOW, {"rule": "x"})
OVER = Notice("id1", "cleared", "critical", "press-1: temperature 60 is well again.", NOW)


def _mail(server: MailServer, **more: str) -> Mail:
    return Mail("127.0.0.1", server.port, "m@example.org", ("a@example.org", "b@example.org"), "none", **more)


@pytest.fixture
def mails():
    with MailServer() as server:
        yield server


@pytest.fixture
def web():
    with web_server() as server:
        yield server


def test_a_webhook_gets_json_and_a_key_by_which_a_second_copy_is_known(web):
    Webhook(web.url).deliver([HOT, OVER])
    assert web.keys == ["id1/raised", "id1/cleared"]
    assert web.posts[0][1] == {
        "id": "id1",
        "state": "raised",
        "severity": "critical",
        "text": HOT.title,
        "time": "2026-03-01T12:00:00+00:00",
        "rule": "x",
    }


@pytest.mark.parametrize(
    ("status", "kind"), [(500, Undelivered), (404, Undelivered), (429, Undelivered), (400, Refused)]
)
def test_a_webhook_that_answers_otherwise_has_not_taken_it(web, status, kind):
    web.status = status
    with pytest.raises(kind, match=f"127.0.0.1:{web.port} answers {status}") as error:
        Webhook(web.url).deliver([HOT])
    assert "secret" not in str(error.value)


def test_a_webhook_that_is_not_there_is_one_sentence():
    with pytest.raises(Undelivered, match=r"127\.0\.0\.1:1 does not answer"):
        Webhook("http://127.0.0.1:1/hook").deliver([HOT])


@pytest.mark.parametrize("url", ["no address", "ftp://x", "http://[bad/", "http://", "http://x:port/"])
def test_a_webhook_that_is_no_address_is_told_before_anything_is_sent(url):
    with pytest.raises(MillwrightError, match="MILLWRIGHT_ALERT_WEBHOOK_URL has to be an address"):
        configured(Settings(alert_webhook_url=url))


def test_one_alert_is_a_mail_that_says_it_in_its_subject(mails):
    _mail(mails).deliver([HOT])
    [mail] = mails.mails
    assert mail["Subject"] == f"[critical] {HOT.title}"
    assert mail["To"] == "a@example.org, b@example.org"
    assert HOT.title in mail.get_body(("plain",)).get_content()


def test_a_hundred_alerts_are_one_mail_with_a_table(mails):
    many = [Notice(f"id{n}", "raised", "warning", f"press-{n} <b>hot</b>", NOW) for n in range(99)]
    _mail(mails).deliver([*many, HOT])
    [mail] = mails.mails
    assert mail["Subject"] == "[millwright] 100 alerts: 1 critical, 99 warning"
    table = mail.get_body(("html",)).get_content()
    assert table.count("<tr>") == 101
    assert "press-7 &lt;b&gt;hot" in table


def test_a_title_with_line_breaks_breaks_no_header(mails):
    _mail(mails).deliver([Notice("id", "raised", "warning", "press\r\nBcc: x@example.org\0 hot", NOW)])
    assert mails.mails[0]["Subject"] == "[warning] press Bcc: x@example.org hot"
    assert mails.mails[0]["Bcc"] is None


def test_the_same_alerts_give_the_same_message_id():
    first, second, other = (message(some, "m@x", ["a@x"])["Message-ID"] for some in ([HOT], [HOT], [OVER]))
    assert first == second != other


def test_a_mail_server_that_wants_a_login_gets_it():
    with MailServer(login=True) as server:
        with pytest.raises(Undelivered, match="530"):
            _mail(server).deliver([HOT])
        with pytest.raises(Undelivered, match="535"):
            _mail(server, user="millwright", password="wrong").deliver([HOT])
        _mail(server, user="millwright", password="secret").deliver([HOT])
        assert len(server.mails) == 1


@pytest.mark.parametrize(("answer", "kind"), [("451 later", Undelivered), ("554 spam", Refused)])
def test_a_mail_that_is_refused_for_good_is_told_from_one_to_be_tried_again(mails, answer, kind):
    mails.answer = answer
    with pytest.raises(kind, match=answer):
        _mail(mails).deliver([HOT])


def test_a_server_without_tls_is_not_written_to_when_tls_is_wanted(mails):
    with pytest.raises(Undelivered, match="STARTTLS"):
        Mail("127.0.0.1", mails.port, "m@x", ("a@x",)).deliver([HOT])
    assert mails.mails == []


def test_telling_says_what_became_of_it_on_each_way_and_one_that_is_dead_holds_nothing_up(web, monkeypatch):
    monkeypatch.setattr("millwright.notify._WAIT_SECONDS", 0.01)
    dead = Mail("127.0.0.1", 1, "m@x", ("a@x",), "none")
    outcomes = tell([HOT], [dead, Webhook(web.url)])
    assert [(o.way, o.delivered) for o in outcomes] == [("mail", False), ("webhook", True)]
    assert "127.0.0.1:1" in outcomes[0].said
    assert len(web.posts) == 1


def test_the_settings_name_the_ways(monkeypatch):
    hook = Settings(alert_webhook_url="http://x")
    both = Settings(alert_webhook_url="http://x", smtp_host="h", alert_email_to="a@x, b@x")
    assert [way.name for way in configured(Settings())] == []
    assert [way.name for way in configured(hook)] == ["webhook"]
    assert configured(both)[1].address == "a@x, b@x by h:587"
    with pytest.raises(MillwrightError, match="SMTP_HOST is set and MILLWRIGHT_ALERT_EMAIL_TO is not"):
        configured(Settings(smtp_host="h"))
