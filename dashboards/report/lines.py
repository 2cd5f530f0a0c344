"""OEE and its factors of the two weeks as SVG: drawn here, so that the page needs nothing from elsewhere."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterator

from dashboards.colours import LIGHT
from dashboards.report.asked import Row
from dashboards.report.week import Week
from dashboards.spec.question import Meaning

LINES: dict[str, tuple[str, Meaning]] = {
    "oee": ("OEE", "first"),
    "availability": ("Availability", "second"),
    "performance": ("Performance", "third"),
    "quality": ("Quality", "fourth"),
}
GOAL = 0.85
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 230, 44, 96, 12, 26


def drawn(days: list[Row], week: Week) -> str:
    """One line a factor over 14 days; a day without production is a gap, the week itself lies on a lighter ground."""
    first = week.before.first
    known = [float(row[name]) for row in days for name in LINES if row[name] is not None]
    floor = min(0.8, int(min(known, default=0.0) * 10) / 10)
    ceiling = max(1.0, *known) if known else 1.0

    def x(day: dt.date) -> float:
        return _LEFT + (day - first).days * (_WIDTH - _LEFT - _RIGHT) / 13

    def y(value: float) -> float:
        return _TOP + (ceiling - value) / (ceiling - floor) * (_HEIGHT - _TOP - _BOTTOM)

    middle = (x(week.before.last) + x(week.first)) / 2
    parts = [
        f'<rect x="{middle:.1f}" y="{_TOP}" width="{x(week.last) - middle + 8:.1f}"'
        f' height="{_HEIGHT - _TOP - _BOTTOM}" fill="#eef4fa"/>'
    ]
    for tenth in range(round(floor * 10), 11):
        at = y(tenth / 10)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dfe3e8"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10 * tenth} %</text>')
    goal = y(GOAL)
    parts.append(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{goal:.1f}" y2="{goal:.1f}" stroke="#1d2430"'
        ' stroke-dasharray="2 4"/>'
    )
    for number in range(0, 14, 2):
        day = first + dt.timedelta(days=number)
        parts.append(f'<text x="{x(day):.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{day:%a} {day.day}</text>')
    ends = [(f"Goal {GOAL:.0%}", goal, "#1d2430")]
    for name, (label, meaning) in LINES.items():
        colour, width = LIGHT[meaning], 3 if name == "oee" else 1.6
        points = [
            (x(row["shift_date"]), y(float(row[name])), row["shift_date"]) for row in days if row[name] is not None
        ]
        for run in _runs(points):
            path = " ".join(f"{a:.1f},{b:.1f}" for a, b, _ in run)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
        parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.4" fill="{colour}"/>' for a, b, _ in points]
        if points:
            ends.append((label, points[-1][1], colour))
    for (label, _, colour), at in zip(sorted(ends, key=lambda e: e[1]), _apart([e[1] for e in ends]), strict=True):
        place = f'x="{_WIDTH - _RIGHT + 12}" y="{at + 4:.1f}"'
        parts.append(f'<text {place} fill="{colour}" font-weight="600">{html.escape(label)}</text>')
    said = "OEE, availability, performance and quality of each production day of the week and of the week before"
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{said}">{"".join(parts)}</svg>'


def _runs(points: list[tuple[float, float, dt.date]]) -> Iterator[list[tuple[float, float, dt.date]]]:
    """Stretches of days that follow one another."""
    run: list[tuple[float, float, dt.date]] = []
    for point in points:
        if run and (point[2] - run[-1][2]).days > 1:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _apart(heights: list[float], least: float = 14.0) -> list[float]:
    """Heights in order, moved down until no two labels lie on one another."""
    placed: list[float] = []
    for height in sorted(heights):
        placed.append(max(height, placed[-1] + least) if placed else height)
    return placed
