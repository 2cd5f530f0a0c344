"""The report as a mail: sentences and one table, with page and paper attached."""

from __future__ import annotations

from dataclasses import replace

from dashboards.report import words
from dashboards.report.facts import Facts
from dashboards.report.page import mail_body, page
from millwright.errors import MillwrightError
from millwright.notify import Letter, Mail
from millwright.settings import Settings


def way(config: Settings, to: str = "") -> Mail | None:
    """The mail server with the report's readers: `to`, else MILLWRIGHT_REPORT_EMAIL_TO, else those of the alerts.

    None where no server is named. Raises MillwrightError for a server without anybody to write to.
    """
    if not config.smtp_host:
        return None
    chosen = to or config.report_email_to or config.alert_email_to
    readers = tuple(part.strip() for part in chosen.split(",") if part.strip())
    if not readers:
        raise MillwrightError("Nobody is named who reads the report.", "Set MILLWRIGHT_REPORT_EMAIL_TO.")
    return replace(Mail.of(config), to=readers)


def letter(facts: Facts, pdf: bytes) -> Letter:
    """The mail; the same week and numbers give the same Message-ID, so that sending twice shows once."""
    name = f"millwright-{facts.week.name}"
    return Letter(
        words.subject(facts),
        "\n\n".join([*words.sentences(facts), "The whole report is attached."]) + "\n",
        mail_body(facts),
        [(f"{name}.pdf", "application/pdf", pdf), (f"{name}.html", "text/html", page(facts).encode())],
    )
