"""The week in a few sentences, for the head of the page and the body of the mail."""

from __future__ import annotations

from statistics import median

from dashboards.report.facts import Facts
from dashboards.report.figures import span


def title(facts: Facts) -> str:
    return f"Week {facts.week.name[-2:]}: {span(facts.week.first, facts.week.last)}"


def subject(facts: Facts) -> str:
    oee = facts.measures["production_kpis.oee"]
    return f"[millwright] Week {facts.week.name}: OEE {oee.text}, {failures_in_short(facts)}"


def failures_in_short(facts: Facts) -> str:
    if not facts.failures:
        return "no failure"
    count = len(facts.failures)
    return f"{count} failure{'s' if count > 1 else ''}, {facts.failed('foreseen')} foreseen"


def sentences(facts: Facts) -> list[str]:
    """One for production, one for quality, one for failures; what was not counted is said."""
    return [_production(facts), _quality(facts), _failures(facts)]


def _production(facts: Facts) -> str:
    oee, units = facts.measures["production_kpis.oee"], facts.measures["production_kpis.good_units"]
    if oee.value is None:
        return "No production was counted in this week."
    lost = facts.measures["production_kpis.unplanned_hours"]
    compared = f" ({oee.change} on the week before)" if oee.change else ""
    told = f"OEE was {oee.text}{compared}, with {units.text} good units and {lost.text} of unplanned downtime"
    worst = max(facts.reasons, key=lambda row: row["unplanned"] or 0, default=None)
    return f"{told}, most of it for “{worst['reason']}”." if worst and worst["unplanned"] else f"{told}."


def _quality(facts: Facts) -> str:
    rate, inspected = (facts.measures[f"quality_analytics.{n}"] for n in ("defect_rate", "inspected"))
    if rate.value is None:
        return "No unit was inspected."
    compared = f" ({rate.change} on the week before)" if rate.change else ""
    told = f"Of {inspected.text} units inspected {rate.text} had a defect{compared}"
    return f"{told}, most often “{facts.defects[0]['defect_type']}”." if facts.defects else f"{told}."


def _failures(facts: Facts) -> str:
    if not facts.failures:
        return f"No machine failed; the model gave {facts.false_alarms} false alarms."
    foreseen, missed, silent = (facts.failed(v) for v in ("foreseen", "missed", "model did not speak"))
    told = f"Machines failed {len(facts.failures)} times: {foreseen} foreseen, {missed} missed"
    told += f", {silent} when no model spoke" if silent else ""
    early = [float(row["hours_before"]) for row in facts.failures if row["hours_before"] is not None]
    told += f"; the warning came {median(early):.0f} h before (median)" if early else ""
    return f"{told}. {facts.false_alarms} predictions were false alarms."
