"""A week as a test needs it: two machines, four failures, two reasons."""

from __future__ import annotations

import datetime as dt

from dashboards.report.asked import Asked
from dashboards.report.facts import Facts, gather
from dashboards.report.week import Week
from dashboards.spec.read import load
from dashboards.template import Rendered

WEEK = Week(dt.date(2026, 3, 30))
NOW = dt.datetime(2026, 4, 6, 7, 30, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)


def _failure(day: int, machine: str, verdict: str, hours: float | None) -> dict[str, object]:
    at = dt.datetime(2026, 3, 30, 5, 0, tzinfo=dt.UTC) + day * _DAY
    who = {"event_time": at, "equipment_id": machine, "equipment_name": "x", "component": "<comp1>"}
    return {**who, "verdict": verdict, "hours_before": hours}


_FAILURES = [
    _failure(4, "M2", "foreseen", 10.0),
    _failure(3, "M1", "missed", None),
    _failure(2, "M1", "foreseen", 20.0),
    _failure(1, "M2", "model did not speak", None),
]


_LISTS = {"past_failures", "oee_by_day", "pareto", "by_reason", "by_machine", "outcomes"}
_BOARDS = load()


class Told(Asked):
    """Answers without a warehouse; the week before was better by a tenth."""

    def __init__(self, is_empty: bool = False) -> None:
        def none(rendered: Rendered) -> tuple[list[str], list[tuple[object, ...]]]:
            raise AssertionError("nothing is asked of a warehouse")

        super().__init__(_BOARDS, none)
        self.is_empty = is_empty

    def rows(self, board: str, question: str, week: Week) -> list[dict[str, object]]:
        columns = self._boards.boards[board].questions[question].columns
        if self.is_empty:
            return [] if question in _LISTS else [dict.fromkeys(columns)]
        if question == "oee_by_day":
            days = [week.first + number * _DAY for number in range(7) if number != 2]
            return [
                {"shift_date": d, "oee": 0.6, "availability": 0.8, "performance": 0.9, "quality": 0.97} for d in days
            ]
        if question == "by_reason":
            return [
                {"reason": "Lunch & rest", "unplanned": None, "waiting": None, "planned": 30},
                {"reason": "Jam", "unplanned": 12, "waiting": 1, "planned": None},
            ]
        if question == "past_failures":
            return _FAILURES
        if question == "outcomes":
            return [{"false_alarms": 2}, {"false_alarms": None}]
        factor = 1 if week == WEEK else 1.1
        value = 0.7 if any(c.format == "percent" for c in columns.values()) else 1000
        row: dict[str, object] = dict.fromkeys(columns, value * factor)
        named = {"equipment_id": "M1", "defect_type": "<b>Crack</b>"}
        return [row | {name: text for name, text in named.items() if name in row}]


def facts(is_empty: bool = False) -> Facts:
    return gather(Told(is_empty), WEEK, NOW)
