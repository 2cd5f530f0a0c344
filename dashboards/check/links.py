"""What a dashboard's parts say of each other: cards of questions, filters of columns, clicks of other dashboards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dashboards.marts import Mart
from dashboards.spec.board import Board, Card
from dashboards.spec.read import Boards
from dashboards.spec.yaml_lines import Located, Problem, Where


def check(key: str, boards: Boards, marts: Mapping[str, Mart]) -> Iterator[Problem]:
    """Everything that names another part and does not find it."""
    board, found = boards.boards[key], boards.files[key]
    if board.collection not in boards.site.collections:
        there = ", ".join(boards.site.collections)
        yield found.problem(("collection",), f"There is no collection {board.collection!r}.", f"site.yml has: {there}.")
    shown = {card.question for tab in board.tabs for card in tab.cards}
    for name in board.questions:
        if name not in shown:
            yield found.problem(("questions", name), f"No card shows {name!r}.", "Put it on a tab, or take it out.")
    for t, tab in enumerate(board.tabs):
        for c, card in enumerate(tab.cards):
            yield from _card(board, card, ("tabs", t, "cards", c), found, boards)
    yield from _filters(board, found, marts)
    for s, subscription in enumerate(board.subscriptions):
        if subscription.question not in board.questions:
            at = ("subscriptions", s, "question")
            yield found.problem(at, f"There is no question {subscription.question!r}.", _there(board.questions))


def _filters(board: Board, found: Located, marts: Mapping[str, Mart]) -> Iterator[Problem]:
    bound = {name for question in board.questions.values() for name in question.filters}
    for name, each in board.filters.items():
        if name not in bound:
            yield found.problem(
                ("filters", name), f"The filter {name!r} is bound to no column.", "Bind it in a question's filters."
            )
        if each.kind == "choice":
            table, _, column = each.values.partition(".")
            if table not in marts or column not in marts[table].columns:
                yield found.problem(
                    ("filters", name, "values"),
                    f"dbt makes no {each.values}.",
                    "Name mart.column, whose values are offered.",
                )
    for key, question in board.questions.items():
        for name in question.filters:
            if name not in board.filters:
                at = ("questions", key, "filters", name)
                yield found.problem(at, f"The dashboard has no filter {name!r}.", _there(board.filters))


def _card(board: Board, card: Card, where: Where, found: Located, boards: Boards) -> Iterator[Problem]:
    if card.question is None:
        return
    if card.question not in board.questions:
        yield found.problem((*where, "question"), f"There is no question {card.question!r}.", _there(board.questions))
        return
    if (click := card.click) is None:
        return
    at = (*where, "click")
    target = board if click.board is None else boards.boards.get(click.board)
    if target is None:
        yield found.problem((*at, "board"), f"There is no dashboard {click.board!r}.", _there(boards.boards))
        return
    if click.tab is not None and click.tab not in {tab.name for tab in target.tabs}:
        there = _there([tab.name for tab in target.tabs])
        yield found.problem((*at, "tab"), f"{target.name} has no tab {click.tab!r}.", there)
    columns = board.questions[card.question].columns
    for name, column in click.pass_.items():
        if name not in target.filters:
            there = _there(target.filters)
            yield found.problem((*at, "pass", name), f"{target.name} has no filter {name!r}.", there)
        if column not in columns:
            there = _there(columns)
            yield found.problem((*at, "pass", name), f"{card.question} has no column {column!r}.", there)


def _there(names: Iterable[str]) -> str:
    return f"There are: {', '.join(names) or 'none'}."
