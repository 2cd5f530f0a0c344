"""Makes a week's report, keeps it, and sends it: by hand, or once a week by the DAG `reports`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboards.report import post
from dashboards.report.asked import NothingYet, asking
from dashboards.report.facts import Facts, gather
from dashboards.report.page import page
from dashboards.report.paper import paper
from dashboards.report.week import last_whole, named
from dashboards.spec.read import load
from millwright import tables
from millwright.errors import MillwrightError
from millwright.settings import settings
from millwright.turns import one_at_a_time
from millwright.warehouse import session


@dataclass(frozen=True)
class Report:
    """A week's report and its two files; `made_by` says what made the PDF."""

    facts: Facts
    html: Path
    pdf: Path
    made_by: str


def make(week: str = "", folder: Path | None = None) -> Report:
    """Write `<week>.html` and `.pdf` to a folder (without one: reports/ of the state folder), over older ones.

    `week` is an ISO week such as 2026-W14; without it, the last whole one by the data's clock. Raises MillwrightError
    for what is no week, and where nothing has been read yet.
    """
    with asking(load()) as asked:
        as_of = asked.now()
        facts = gather(asked, named(week) if week else last_whole(as_of), as_of)
    made, made_by = paper(facts)
    folder = folder or settings().state_dir / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    html, pdf = (folder / f"{facts.week.name}.{kind}" for kind in ("html", "pdf"))
    html.write_text(page(facts))
    pdf.write_bytes(made)
    return Report(facts, html, pdf, made_by)


def send(report: Report, to: str = "") -> str:
    """Mail it; returns to whom. Raises MillwrightError without a mail server, Undelivered when it does not take it."""
    mail = post.way(settings(), to)
    if mail is None:
        raise MillwrightError("No mail server is named.", "Set MILLWRIGHT_SMTP_HOST (see docs/alerts.md).")
    mail.send(post.letter(report.facts, report.pdf.read_bytes()))
    _note(report, mail.address)
    return mail.address


def send_once() -> dict[str, Any]:
    """The newest whole week's report, unless it has been sent; killed in between, the same mail is sent again.

    A week in which nothing was produced is told too, so that silence is never taken for a good week.
    """
    with one_at_a_time("weekly-report"):
        try:
            with asking(load()) as asked:
                week = last_whole(asked.now()).name
        except NothingYet as nothing:
            return {"week": None, "sent": False, "reason": nothing.message}
        if _was_sent(week):
            return {"week": week, "sent": False, "reason": "It has been sent."}
        report = make(week)
        files = {"week": week, "pdf": str(report.pdf), "made_by": report.made_by}
        if not settings().smtp_host:
            return files | {"sent": False, "reason": "MILLWRIGHT_SMTP_HOST names no mail server."}
        return files | {"sent": True, "to": send(report)}


def _was_sent(week: str) -> bool:
    tables.migrate()
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select from platform.weekly_reports where week = %s", (named(week).first,))
        return cursor.fetchone() is not None


def _note(report: Report, to: str) -> None:
    tables.migrate()
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into platform.weekly_reports (week, sent_to) values (%s, %s)"
            " on conflict (week) do update set sent_to = excluded.sent_to, sent_at = now()",
            (report.facts.week.first, to),
        )
