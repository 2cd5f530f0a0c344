"""What the page is told of a dashboard: how it is drawn, and nothing of how it is asked."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from dashboards.colours import DARK, LIGHT
from dashboards.spec.board import Board
from dashboards.spec.read import Boards


def listed(boards: Boards) -> dict[str, Any]:
    """All dashboards, and the colours of all meanings."""
    return {
        "boards": [
            {"key": key, "name": board.name, "description": " ".join(board.description.split())}
            for key, board in boards.boards.items()
        ],
        "colours": {"light": LIGHT, "dark": DARK},
    }


def described(board: Board) -> dict[str, Any]:
    """One dashboard: its filters, tabs and questions, without their SQL."""
    told = board.model_dump(by_alias=True, include={"name", "description", "refresh_seconds", "filters", "tabs"})
    questions = {
        key: question.model_dump(by_alias=True, exclude={"sql"}) | {"filters": list(question.filters)}
        for key, question in board.questions.items()
    }
    return told | {"questions": questions}


def plain(value: Any) -> Any:
    """A value of the warehouse as JSON has it."""
    match value:
        case Decimal():
            return float(value)
        case dt.datetime() | dt.date():
            return value.isoformat()
    return value
