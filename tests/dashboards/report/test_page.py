"""What the report says, and how it is written on a page and in a mail."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from dashboards.report import lines, plain_paper, post, words
from dashboards.report.page import mail_body, page
from tests.dashboards.report.a_week import WEEK, facts


def test_it_says_what_became_of_production_quality_and_failures():
    production, quality, failures = words.sentences(facts())
    assert production == (
        "OEE was 70.0 % (−7.0 points on the week before), with 1,000 good units and 1,000.0 h of unplanned downtime,"
        " most of it for “Jam”."
    )
    assert quality.startswith("Of 1,000 units inspected 70.00 % had a defect (−7.00 points on the week before)")
    assert failures == (
        "Machines failed 4 times: 2 foreseen, 1 missed, 1 when no model spoke; the warning came 15 h before (median)."
        " 2 predictions were false alarms."
    )
    assert words.subject(facts()) == "[millwright] Week 2026-W14: OEE 70.0 %, 4 failures, 2 foreseen"


def test_whether_a_change_is_good_depends_on_what_is_measured():
    measures = facts().measures
    assert measures["production_kpis.oee"].verdict == "worse"
    assert measures["production_kpis.unplanned_hours"].verdict == "better"


def test_a_week_without_anything_is_told_and_breaks_nothing():
    nothing = facts(is_empty=True)
    assert words.sentences(nothing) == [
        "No production was counted in this week.",
        "No unit was inspected.",
        "No machine failed; the model gave 0 false alarms.",
    ]
    html = page(nothing)
    assert "No machine failed." in html
    assert "All machines ran." in html
    assert plain_paper.drawn(nothing).startswith(b"%PDF")


def test_the_page_needs_nothing_from_elsewhere_and_shows_names_as_text():
    html = page(facts())
    assert not re.search(r"(src|href)=|https?://|<script|@import", html)
    assert "&lt;b&gt;Crack&lt;/b&gt;" in html
    assert "&lt;comp1&gt;" in html
    assert "Lunch &amp; rest" in html
    assert "<b>Crack" not in html + mail_body(facts())
    for what in (
        "30 March to 5 April 2026",
        "2 of 4",
        "1 missed",
        "OEE and its factors",
        "Machines with the lowest OEE",
    ):
        assert what in html


def test_a_day_without_production_is_a_gap_in_every_line():
    drawn = ET.fromstring(lines.drawn(facts().days, WEEK))
    assert len(drawn.findall("polyline")) == 4 * 3  # before the gap, between the two, after it
    assert len(drawn.findall("circle")) == 4 * 12
    labels = [float(text.attrib["y"]) for text in drawn.findall("text") if "font-weight" in text.attrib]
    assert all(later - earlier >= 14 for earlier, later in zip(sorted(labels), sorted(labels)[1:], strict=False))


def test_without_a_browser_the_paper_is_drawn_with_the_same_facts():
    pdf = plain_paper.drawn(facts())
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 2


def test_the_same_week_is_the_same_mail():
    first, second = (post.letter(facts(), pdf).as_mail("a@b", ["c@d"], _policy()) for pdf in (b"%PDF-1", b"%PDF-2"))
    assert first["Message-ID"] == second["Message-ID"]
    assert [part.get_filename() for part in first.iter_attachments()] == [
        "millwright-2026-W14.pdf",
        "millwright-2026-W14.html",
    ]


def _policy():
    from email.policy import SMTP

    return SMTP
