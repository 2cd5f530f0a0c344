"""The report as one HTML file: nothing from elsewhere, readable without a script, two pages of A4 when printed."""

from __future__ import annotations

import html
from pathlib import Path

from dashboards.report import lines, lists, words
from dashboards.report.facts import Facts
from dashboards.report.lists import Listed

_STYLE = Path(__file__).with_name("page.css")
_SOURCES = (
    "OEE = availability × performance × quality (ISO 22400-2), sums divided by sums. Defect rate and first-pass yield"
    " are of units inspected. Foreseen: the model had said “will fail” within its horizon before. Every number is that"
    " of the dashboards, asked for this week."
)


def page(facts: Facts) -> str:
    """The whole file."""
    e = html.escape
    heads = "".join(_head(label, m.text, m.change, m.verdict) for label, m in lists.heads(facts))
    foreseen, missed = facts.failed("foreseen"), facts.failed("missed")
    judged = f"{foreseen} of {len(facts.failures)}" if facts.failures else "none came"
    heads += _head("Failures foreseen", judged, f"{missed} missed", "worse" if missed else "")
    said = "".join(f"<p>{e(sentence)}</p>" for sentence in words.sentences(facts))
    tables = "".join(f"<section>{_table(listed)}</section>" for listed in lists.lists(facts))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{e(words.title(facts))}</title><style>{_STYLE.read_text()}</style></head><body><main>
<header><h1>{e(words.title(facts))}</h1>
<p>Executive report of all plants · data up to {facts.as_of:%Y-%m-%d %H:%M} UTC</p></header>
<div class="heads">{heads}</div>
<div class="said">{said}</div>
<section><h2>OEE and its factors by production day</h2>{lines.drawn(facts.days, facts.week)}</section>
<section class="half">{_table(lists.beside(facts))}</section>
<section class="half">{_table(lists.failures(facts))}</section>
<div class="three">{tables}</div>
<footer>{e(_SOURCES)}</footer>
</main></body></html>
"""


def mail_body(facts: Facts) -> str:
    """The short form for a mail's body: sentences and one table, styled in place as mail readers need it."""
    said = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in words.sentences(facts))
    table = _table(lists.beside(facts)).replace("<table>", '<table cellpadding="5" style="border-collapse:collapse">')
    return f'<div style="font-family:sans-serif">{said}{table}<p>The whole report is attached.</p></div>'


def _head(label: str, text: str, change: str, verdict: str) -> str:
    note = f'<span class="{verdict}">{html.escape(change)}</span>' if change else ""
    return f'<div class="head"><b>{html.escape(label)}</b><strong>{html.escape(text)}</strong>{note}</div>'


def _table(listed: Listed) -> str:
    e = html.escape
    title = f"<h2>{e(listed.title)}</h2>"
    if not listed.rows:
        return f"{title}<p>{e(listed.none)}</p>"
    numbers = len(listed.columns) - listed.numeric
    align = [' class="number"' if i >= numbers else "" for i in range(len(listed.columns))]
    head = "".join(f'<th scope="col"{a}>{e(name)}</th>' for name, a in zip(listed.columns, align, strict=True))
    marks = {"better", "worse", "foreseen", "missed"}
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{a}>" + (f'<span class="{cell}">{e(cell)}</span>' if cell in marks else e(cell)) + "</td>"
            for cell, a in zip(row, align, strict=True)
        )
        + "</tr>"
        for row in listed.rows
    )
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
