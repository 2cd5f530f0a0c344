"""The report's tables: headings and rows of text, for the page, the paper and whatever else shows them."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards.report.facts import Facts, Measure
from dashboards.report.figures import as_text
from dashboards.report.lines import LINES
from dashboards.spec.question import Shown

_HOURS = Shown(label="", format="number", decimals=1)
_SHARE = Shown(label="", format="percent", decimals=1)
_COUNT = Shown(label="", format="number")
_MOMENT = Shown(label="", format="datetime")
_MOST_FAILURES = 12
_FACTORS = {name: label for name, (label, _) in LINES.items()}


@dataclass(frozen=True)
class Listed:
    """A table. The last `numeric` columns are numbers; `none` is said when there are no rows."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    numeric: int
    none: str


def beside(facts: Facts) -> Listed:
    """Each measure of this week beside the week before."""
    rows = [[m.shown.label, m.text, as_text(m.before, m.shown), m.change, m.verdict] for m in facts.measures.values()]
    return Listed("This week and the week before", ["", "This week", "Before", "Change", ""], rows, 4, "")


def lists(facts: Facts) -> list[Listed]:
    """The lists behind the numbers."""
    reasons = [
        [r["reason"], *(as_text(r[n], _HOURS) for n in ("unplanned", "waiting", "planned"))] for r in facts.reasons
    ]
    machines = [[m["equipment_id"], *(as_text(m[name], _SHARE) for name in _FACTORS)] for m in facts.machines]
    defects = [
        [d["defect_type"], as_text(d["defects"], _COUNT), as_text(d["cumulative_share"], _SHARE)] for d in facts.defects
    ]
    why, worst = ["Reason", "Unplanned", "Idle, setup", "Planned"], ["Machine", *_FACTORS.values()]
    return [
        Listed("Why machines did not run, hours", why, reasons, 3, "All machines ran."),
        Listed("Machines with the lowest OEE", worst, machines, 4, "No production was counted."),
        Listed("Kinds of defect", ["Kind", "Defects", "Share so far"], defects, 2, "No defect was found."),
    ]


def failures(facts: Facts) -> Listed:
    """The newest failures, and what the model had said of each."""
    rows = [
        [as_text(f["event_time"], _MOMENT), f["equipment_id"], f["component"] or "–", f["verdict"],
         as_text(f["hours_before"], _HOURS)]
        for f in facts.failures[:_MOST_FAILURES]
    ]  # fmt: skip
    more = len(facts.failures) - len(rows)
    title = "Failures, foreseen or missed" + (f" (the newest {len(rows)} of {len(facts.failures)})" if more else "")
    return Listed(title, ["When (UTC)", "Machine", "Part", "Model", "Hours before"], rows, 1, "No machine failed.")


def heads(facts: Facts) -> list[tuple[str, Measure]]:
    """The four numbers that stand first."""
    names = {
        "OEE": "production_kpis.oee",
        "Good units": "production_kpis.good_units",
        "Defect rate": "quality_analytics.defect_rate",
        "Unplanned downtime": "production_kpis.unplanned_hours",
    }
    return [(label, facts.measures[name]) for label, name in names.items()]
