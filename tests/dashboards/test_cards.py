"""Every question on the real warehouse, with its filters off, with each of them on, and with all."""

from __future__ import annotations

import pytest

from dashboards import reader
from dashboards.spec.board import Board
from dashboards.spec.question import Plot
from dashboards.spec.read import load
from dashboards.template import render

BOARDS = load().boards
QUESTIONS = [(board, key) for board, each in BOARDS.items() for key in each.questions]
CHOSEN = {
    "plant": ["north"],
    "machine": ["M0003"],
    "channel": ["vibration"],
    "product": ["A100"],
    "shift": ["early"],
    "stream": ["equipment-sensors"],
    "period": ["2026-03-20", "2026-04-05"],
}
# What there is nothing of, when all is well.
MAY_BE_EMPTY = {
    ("data_platform", "failing_tests"),
    ("data_platform", "dbt_seconds"),
    ("data_platform", "rules_in_breach"),
}
INJECTIONS = [
    "' or true --",
    "'; drop table marts.dim_plant; --",
    "%(x)s",
    "]] or true [[",
    "{{plant}}",
    "\\",
    '"',
    "%s",
    "$1",
]


@pytest.fixture(scope="module")
def role(filled):
    with pytest.MonkeyPatch.context() as patch:
        from millwright.settings import settings

        patch.setenv("MILLWRIGHT_DATABASE_URL", filled)
        settings.cache_clear()
        reader.ensure()
        with reader.reading() as connection:
            yield connection
    settings.cache_clear()


def asked(role, board: Board, key: str, chosen: dict[str, list[str]]):
    question = board.questions[key]
    kinds = {name: each.kind for name, each in board.filters.items()}
    return reader.ask(role, render(question.sql, question.filters, kinds, chosen))


@pytest.mark.parametrize(("board", "key"), QUESTIONS)
def test_a_question_gives_the_columns_that_it_draws_and_has_something_to_say(role, board, key):
    columns, rows = asked(role, BOARDS[board], key, {})
    assert set(BOARDS[board].questions[key].columns) <= set(columns)
    assert rows or (board, key) in MAY_BE_EMPTY
    question = BOARDS[board].questions[key]
    if isinstance(question, Plot) and rows:
        drawn = [columns.index(name) for name in question.y]
        assert any(row[at] is not None for row in rows for at in drawn)


@pytest.mark.parametrize(("board", "key"), QUESTIONS)
def test_a_question_runs_with_each_filter_on_and_with_all(role, board, key):
    names = list(BOARDS[board].questions[key].filters)
    for chosen in (*([name] for name in names), names):
        columns, _ = asked(role, BOARDS[board], key, {name: CHOSEN[name] for name in chosen})
        assert set(BOARDS[board].questions[key].columns) <= set(columns)


@pytest.mark.parametrize(("board", "key"), [(b, k) for b, k in QUESTIONS if BOARDS[b].questions[k].filters])
def test_a_filter_that_fits_nothing_leaves_nothing(role, board, key):
    """So the filter is at work: nothing is counted, and no row is left of what has rows."""
    name, *_ = BOARDS[board].questions[key].filters
    nothing = ["1990-01-01", "1990-01-02"] if BOARDS[board].filters[name].kind == "period" else ["no such thing"]
    _, rows = asked(role, BOARDS[board], key, {name: nothing})
    assert all(value in (None, 0) for row in rows for value in row)


@pytest.mark.parametrize("text", INJECTIONS)
def test_what_is_typed_in_a_filter_is_data(role, text):
    for board, key in QUESTIONS:
        choices = [n for n in BOARDS[board].questions[key].filters if BOARDS[board].filters[n].kind == "choice"]
        if choices:
            _, rows = asked(role, BOARDS[board], key, {name: [text] for name in choices})
            assert all(value in (None, 0) for row in rows for value in row)
    assert reader.ask(role, render("select count(*) from marts.dim_plant", {}, {}, {}))[1] == [(4,)]
