"""The report drawn without a browser: the same facts on two pages of A4."""

from __future__ import annotations

import io
import textwrap
from typing import Any

from dashboards.colours import LIGHT
from dashboards.report import lists, words
from dashboards.report.facts import Facts
from dashboards.report.lines import GOAL, LINES
from dashboards.report.lists import Listed

_A4 = (8.27, 11.69)  # inches
_LEFT, _WIDTH = 0.07, 0.86
_LINE = 0.0155  # of the page's height
_INK, _SOFT = "#1d2430", "#566070"
_MARKS = {"better": "#00775a", "foreseen": "#00775a", "worse": "#b23c00", "missed": "#b23c00"}


def drawn(facts: Facts) -> bytes:
    """A PDF of two pages. Uses no screen, and matplotlib's own font."""
    from matplotlib.backends.backend_pdf import PdfPages
    from matplotlib.figure import Figure

    first, second = Figure(figsize=_A4), Figure(figsize=_A4)
    first.text(_LEFT, 0.955, words.title(facts), size=17, weight="bold", color=_INK)
    of = f"Executive report of all plants · data up to {facts.as_of:%Y-%m-%d %H:%M} UTC"
    first.text(_LEFT, 0.935, of, size=8.5, color=_SOFT)
    for number, (label, measure) in enumerate(lists.heads(facts)):
        at = _LEFT + number * _WIDTH / 4
        first.text(at, 0.905, label, size=9, color=_SOFT)
        first.text(at, 0.88, measure.text, size=16, weight="bold", color=_INK)
        first.text(at, 0.864, measure.change, size=8, color=_MARKS.get(measure.verdict, _SOFT))
    said = "\n".join(textwrap.fill(sentence, 100) for sentence in words.sentences(facts))
    first.text(_LEFT, 0.84, said, size=9.5, va="top", color=_INK, linespacing=1.5)
    _plot(first.add_axes((_LEFT + 0.03, 0.5, _WIDTH - 0.03, 0.19)), facts)
    _table(first, lists.beside(facts), 0.43)
    place = _table(second, lists.failures(facts), 0.95)
    for listed in lists.lists(facts):
        place = _table(second, listed, place - 0.03)
    held = io.BytesIO()
    with PdfPages(held) as pages:
        pages.savefig(first)
        pages.savefig(second)
    return held.getvalue()


def _plot(axes: Any, facts: Facts) -> None:
    for name, (label, meaning) in LINES.items():
        points = [(row["shift_date"], float(row[name])) for row in facts.days if row[name] is not None]
        if points:
            width = 2.4 if name == "oee" else 1.2
            axes.plot(*zip(*points, strict=True), color=LIGHT[meaning], linewidth=width, marker=".", label=label)
    axes.axhline(GOAL, color=_INK, linestyle=":", linewidth=1, label="Goal")
    axes.axvspan(facts.week.first, facts.week.last, color="#eef4fa", zorder=0)
    axes.set_title("OEE and its factors by production day", loc="left", size=10, weight="bold", color=_INK)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.tick_params(labelsize=7, colors=_SOFT)
    axes.spines[["top", "right"]].set_visible(False)
    days = sorted({row["shift_date"] for row in facts.days})[::2]
    axes.set_xticks(days, [f"{day:%a} {day.day}" for day in days])
    axes.legend(fontsize=7, ncols=5, loc="upper left", bbox_to_anchor=(0, -0.08), frameon=False)


def _table(figure: Any, listed: Listed, top: float) -> float:
    """Write a table from `top` down; where it ends."""
    figure.text(_LEFT, top, listed.title, size=10, weight="bold", color=_INK)
    if not listed.rows:
        figure.text(_LEFT, top - _LINE, listed.none, size=8.5, color=_SOFT)
        return top - _LINE
    count = len(listed.columns)
    edges = [_LEFT + _WIDTH * (0.28 + 0.72 * number / (count - 1) if number else 0) for number in range(count)]
    for number, row in enumerate([listed.columns, *listed.rows], 1):
        for column, cell in enumerate(row):
            is_number = column >= count - listed.numeric
            at = edges[column] if is_number or not column else edges[column] - 0.72 * _WIDTH / (count - 1)
            colour = _SOFT if number == 1 else _MARKS.get(cell, _INK)
            side = "right" if is_number else "left"
            figure.text(at, top - number * _LINE, cell[:34], size=8, color=colour, ha=side)
    return float(top - (len(listed.rows) + 1) * _LINE)
