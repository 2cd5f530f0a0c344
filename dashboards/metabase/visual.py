"""How a question is drawn, in Metabase's words."""

from __future__ import annotations

import json
from typing import Any

from dashboards.colours import LIGHT
from dashboards.spec.board import Board, Card
from dashboards.spec.question import Gauge, Plot, Progress, Question, Shown, Table, Value


def settings_of(question: Question) -> dict[str, Any]:
    """A card's visualization_settings."""
    drawn: dict[str, Any] = {"column_settings": {_column(name): _shown(c) for name, c in question.columns.items()}}
    match question:
        case Value():
            return drawn | {"scalar.field": question.value}
        case Gauge():
            segments = [
                {"min": s.start, "max": s.end, "color": LIGHT[s.colour], "label": s.label} for s in question.segments
            ]
            return drawn | {"gauge.segments": segments}
        case Progress():
            return drawn | {"progress.goal": question.goal.value, "progress.color": LIGHT[question.colour]}
        case Plot():
            return drawn | _plot(question)
        case Table():
            return drawn | _table(question)
    raise AssertionError(question.display)


def click_behavior(card: Card, board: Board, target: Any, tab: Any) -> dict[str, Any]:
    """A dashcard's settings for a click that leads to a dashboard (`target` and `tab` are ids or references)."""
    if card.click is None or card.question is None:
        return {}
    mapping = {
        name: {
            "id": name,
            "source": {"type": "column", "id": column, "name": column},
            "target": {"type": "parameter", "id": name},
        }
        for name, column in card.click.pass_.items()
    }
    click = {"type": "link", "linkType": "dashboard", "targetId": target, "parameterMapping": mapping}
    click |= {"tabId": tab} if tab is not None else {}
    if board.questions[card.question].display == "table":
        first = next(iter(card.click.pass_.values()))
        return {"column_settings": {_column(first): {"click_behavior": click}}}
    return {"click_behavior": click}


def _column(name: str) -> str:
    return json.dumps(["name", name], separators=(",", ":"))


def _shown(column: Shown) -> dict[str, Any]:
    shown: dict[str, Any] = {"column_title": column.label}
    match column.format:
        case "percent":
            shown |= {"number_style": "percent", "decimals": column.decimals}
        case "number":
            shown |= {"number_style": "decimal", "decimals": column.decimals}
            shown |= {"suffix": f" {column.unit}"} if column.unit else {}
        case "duration":
            shown |= {"number_style": "decimal", "decimals": 0, "suffix": " s"}
        case "date":
            shown |= {"date_style": "YYYY/M/D", "date_separator": "-", "time_enabled": None}
        case "datetime":
            shown |= {"date_style": "YYYY/M/D", "date_separator": "-", "time_enabled": "minutes", "time_style": "HH:mm"}
    return shown


def _plot(question: Plot) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "graph.dimensions": [question.x, *([question.series] if question.series else [])],
        "graph.metrics": list(question.y),
        "graph.x_axis.title_text": question.x_title or question.columns[question.x].label,
        "graph.y_axis.title_text": question.y_title or question.columns[question.y[0]].label,
        "stackable.stack_type": question.stack,
    }
    if question.goal:
        drawn |= {"graph.show_goal": True, "graph.goal_value": question.goal.value}
        drawn |= {"graph.goal_label": question.goal.label}
    series: dict[str, dict[str, Any]] = {}
    for name in (*question.colours, *question.lines, *question.right, *(question.y if not question.series else ())):
        series.setdefault(name, {})
        if name in question.columns:
            series[name]["title"] = question.columns[name].label
        if name in question.colours:
            series[name]["color"] = LIGHT[question.colours[name]]
        if question.display == "combo":
            series[name]["display"] = "line" if name in question.lines else "bar"
        if question.right:
            series[name]["axis"] = "right" if name in question.right else "left"
    return drawn | ({"series_settings": series} if series else {})


def _table(question: Table) -> dict[str, Any]:
    formatting = [
        {
            "columns": [h.column],
            "type": "single",
            "operator": h.when,
            "value": h.value,
            "color": LIGHT[h.colour],
            "highlight_row": h.row,
        }
        for h in question.highlight
    ]
    columns = [{"name": name, "enabled": True} for name in question.columns]
    return {"table.columns": columns, "table.column_formatting": formatting, "table.pivot": False}
