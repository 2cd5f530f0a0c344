"""What a week's report says: numbers beside those of the week before, and the lists behind them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from dashboards.report.asked import Asked, Row
from dashboards.report.figures import as_text, change_of
from dashboards.report.week import Week
from dashboards.spec.question import Shown

# Board, question, column, and whether more of it is better (None: neither).
_MEASURES = (
    ("production_kpis", "oee", "oee", True),
    ("production_kpis", "availability", "availability", True),
    ("production_kpis", "performance", "performance", True),
    ("production_kpis", "quality", "quality", True),
    ("production_kpis", "good_units", "units", True),
    ("production_kpis", "scrap", "units", False),
    ("production_kpis", "unplanned_hours", "hours", False),
    ("production_kpis", "stops", "stops", False),
    ("quality_analytics", "defect_rate", "rate", False),
    ("quality_analytics", "first_pass_yield", "yield", True),
    ("quality_analytics", "inspected", "units", None),
)
_MOST = 5  # rows of a list


@dataclass(frozen=True)
class Measure:
    """A number of the week and of the week before (None: nothing was counted), and how it is shown."""

    value: float | None
    before: float | None
    more_is_better: bool | None
    shown: Shown

    @property
    def text(self) -> str:
        return as_text(self.value, self.shown)

    @property
    def change(self) -> str:
        """Signed; a share's is in points of a percent."""
        return change_of(self.value, self.before, self.shown)

    @property
    def verdict(self) -> str:
        """better | worse | "" where nothing changed, or that is not for us to say."""
        if self.more_is_better is None or self.value is None or self.before is None or self.value == self.before:
            return ""
        return "better" if (self.value > self.before) == self.more_is_better else "worse"


@dataclass(frozen=True)
class Facts:
    """All that the page shows; `measures` by board.question, lists as the dashboards' questions give them."""

    week: Week
    as_of: dt.datetime
    measures: dict[str, Measure]
    days: list[Row]
    reasons: list[Row]
    machines: list[Row]
    defects: list[Row]
    failures: list[Row]
    false_alarms: int

    def failed(self, verdict: str) -> int:
        """How many failures were `foreseen`, were `missed`, or came when the `model did not speak`."""
        return sum(row["verdict"] == verdict for row in self.failures)


def gather(asked: Asked, week: Week, as_of: dt.datetime) -> Facts:
    """Ask all of it of the warehouse."""
    kpis, quality, maintenance = "production_kpis", "quality_analytics", "predictive_maintenance"
    measures = {}
    for board, question, column, more_is_better in _MEASURES:
        now, before = (asked.rows(board, question, each) for each in (week, week.before))
        shown = asked.shown(board, question, column)
        measures[f"{board}.{question}"] = Measure(_number(now, column), _number(before, column), more_is_better, shown)
    days = [row for each in (week.before, week) for row in asked.rows(kpis, "oee_by_day", each)]
    outcomes = asked.rows(maintenance, "outcomes", week)
    return Facts(
        week,
        as_of,
        measures,
        days,
        asked.rows(kpis, "by_reason", week)[:_MOST],
        asked.rows(kpis, "by_machine", week)[:_MOST],
        asked.rows(quality, "pareto", week)[:_MOST],
        asked.rows(maintenance, "past_failures", week),
        sum(int(row["false_alarms"] or 0) for row in outcomes),
    )


def _number(rows: list[Row], column: str) -> float | None:
    value = rows[0][column] if rows else None
    return None if value is None else float(value)
