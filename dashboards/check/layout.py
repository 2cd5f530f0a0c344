"""The grid: every card on it, no two on one another."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.spec.board import GRID_COLUMNS, Board, Card
from dashboards.spec.yaml_lines import Located, Problem

_LEAST = {"scalar": (3, 2), "gauge": (4, 3), "progress": (4, 3), "table": (5, 3)}  # others need room for axes
_LEAST_PLOT = (5, 4)


def check(board: Board, found: Located) -> Iterator[Problem]:
    """Cards off the grid, on one another, or too small for what they show."""
    for t, tab in enumerate(board.tabs):
        for c, card in enumerate(tab.cards):
            where = ("tabs", t, "cards", c)
            if off := _off_grid(card):
                yield found.problem((*where, "at"), *off)
            if small := _too_small(board, card):
                yield found.problem((*where, "size"), *small)
            for other in tab.cards[:c]:
                if _overlap(card, other):
                    yield found.problem(
                        (*where, "at"),
                        f"{_name(card)} at {list(card.at)} lies on {_name(other)} at {list(other.at)}.",
                        f"Move it to row {other.at[1] + other.size[1]} or below, or make one of them smaller.",
                    )
    names = [tab.name for tab in board.tabs]
    for t, name in enumerate(names):
        if name in names[:t]:
            yield found.problem(("tabs", t, "name"), f"There are two tabs {name!r}.", "Name one of them otherwise.")


def _off_grid(card: Card) -> tuple[str, str] | None:
    (column, row), (width, height) = card.at, card.size
    if width < 1 or height < 1:
        return f"{_name(card)} is {width} by {height}.", "A card is at least 1 by 1."
    if column < 0 or row < 0 or column + width > GRID_COLUMNS:
        return (
            f"{_name(card)} spans columns {column} to {column + width - 1} from row {row}.",
            f"The grid has the columns 0 to {GRID_COLUMNS - 1}, and rows from 0.",
        )
    return None


def _too_small(board: Board, card: Card) -> tuple[str, str] | None:
    if card.question is None or card.question not in board.questions:
        return None
    display = board.questions[card.question].display
    width, height = _LEAST.get(display, _LEAST_PLOT)
    if card.size[0] >= width and card.size[1] >= height:
        return None
    return (
        f"{_name(card)} is {card.size[0]} by {card.size[1]}.",
        f"A {display} can be read from {width} by {height} on.",
    )


def _overlap(one: Card, other: Card) -> bool:
    return all(one.at[i] < other.at[i] + other.size[i] and other.at[i] < one.at[i] + one.size[i] for i in (0, 1))


def _name(card: Card) -> str:
    return repr(card.question) if card.question else "the text"
