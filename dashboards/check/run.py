"""All checks of all dashboards."""

from __future__ import annotations

from dashboards.check import layout, links, queries
from dashboards.marts import marts
from dashboards.spec.read import Boards
from dashboards.spec.yaml_lines import Problem
from millwright.settings import settings


def problems_of(boards: Boards) -> list[Problem]:
    """Everything that is wrong, in the order of the files."""
    known = marts(settings().dbt_dir)
    found: list[Problem] = []
    for key, board in boards.boards.items():
        file = boards.files[key]
        found += layout.check(board, file)
        for name, question in board.questions.items():
            found += queries.check(question, ("questions", name), file, known)
        found += links.check(key, boards, known)
    return found
