"""Every mistake in a file is told with file, line and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import hypothesis
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dashboards.spec.read import FOLDER, load
from dashboards.template import period, render, tags
from millwright.errors import MillwrightError

SITE = """\
root: {name: Millwright, description: All of them.}
collections:
  plant: {name: Plant, description: The plant.}
"""
BOARD = """\
name: Plants
description: Which plants there are, and how many.
collection: plant
position: 1
filters:
  plant: {kind: choice, label: Plant, values: dim_plant.plant_id}
tabs:
  - name: All
    cards:
      - {question: count, at: [0, 0], size: [6, 4]}
      - {question: each, at: [6, 0], size: [12, 6], click: {tab: All, pass: {plant: plant_id}}}
questions:
  count:
    name: Plants
    description: How many plants there are. From dim_plant.
    display: scalar
    value: plants
    columns: {plants: {label: Plants, format: number}}
    sql: select count(*) as plants from marts.dim_plant
  each:
    name: Each plant
    description: Every plant with its time zone. From dim_plant.
    display: bar
    x: plant_id
    y: [one]
    filters: {plant: dim_plant.plant_id}
    columns: {plant_id: {label: Plant}, one: {label: One, format: number}}
    sql: |
      select plant_id, 1 as one
      from marts.dim_plant
      where true [[and {{plant}}]]
"""


def folder(tmp_path: Path, board: str = BOARD, site: str = SITE) -> Path:
    (tmp_path / "boards").mkdir(exist_ok=True)
    (tmp_path / "site.yml").write_text(site)
    (tmp_path / "boards" / "plants.yml").write_text(board)
    return tmp_path


def test_a_dashboard_without_a_mistake_is_read(tmp_path):
    assert load(folder(tmp_path)).boards["plants"].questions["each"].drawn() == ["plant_id", "one"]


def test_those_shipped_hold():
    assert list(load().boards) == [
        "equipment_health",
        "predictive_maintenance",
        "quality_analytics",
        "production_kpis",
        "data_platform",
    ]


def test_of_every_machine_that_is_named_one_click_leads_to_its_page():
    """But on that page itself, where the two of its cards that name it again lead nowhere."""
    there = {"channel_now", "anomalies_of_machine"}
    for key, board in load().boards.items():
        for tab in board.tabs:
            for card in tab.cards:
                if card.question and "equipment_id" in board.questions[card.question].columns:
                    leads = card.click is not None and card.click.pass_.get("machine") == "equipment_id"
                    assert leads or card.question in there, (key, card.question)


@pytest.mark.parametrize("mistake", yaml.safe_load(Path(__file__).with_name("mistakes.yml").read_text()))
def test_a_mistake_is_told_with_its_line_and_a_remedy(tmp_path, mistake):
    assert mistake["old"] in BOARD
    with pytest.raises(MillwrightError) as error:
        load(folder(tmp_path, BOARD.replace(mistake["old"], mistake["new"], 1)))
    assert f"boards/plants.yml:{mistake['said']}" in error.value.message


def test_a_filter_that_no_question_uses_and_a_question_that_no_card_shows_are_told_together(tmp_path):
    lonely = BOARD.replace(
        "tabs:", "  machine: {kind: choice, label: Machine, values: dim_equipment.equipment_id}\ntabs:", 1
    ).replace("      - {question: count, at: [0, 0], size: [6, 4]}\n", "")
    with pytest.raises(MillwrightError, match="have 2 problems") as error:
        load(folder(tmp_path, lonely))
    assert "plants.yml:7: The filter 'machine' is bound to no column." in error.value.message
    assert "plants.yml:13: No card shows 'count'." in error.value.message


def test_a_missing_site_and_a_folder_without_boards_are_told(tmp_path):
    with pytest.raises(MillwrightError, match=r"site\.yml:1: The file is missing"):
        load(tmp_path)


def test_a_copy_of_those_shipped_holds_wherever_it_lies(tmp_path):
    shutil.copytree(FOLDER / "boards", tmp_path / "boards")
    shutil.copy(FOLDER / "site.yml", tmp_path)
    assert len(load(tmp_path).boards) == 5


@given(st.text(), st.text())
@hypothesis.settings(max_examples=40)
def test_whatever_is_chosen_never_becomes_part_of_the_statement(one, other):
    sql = "select a from marts.m where true [[and {{x}}]] [[and {{y}}]] and b like '5%'"
    made = [
        render(sql, {"x": "m.a", "y": "m.b"}, {"x": "choice", "y": "choice"}, {"x": [v], "y": [w]})
        for v, w in ((one, other), ("", ""))
    ]
    assert made[0].statement == made[1].statement
    assert made[0].parameters == {"x": [one], "y": [other]}


def test_a_default_holds_until_the_filter_is_on():
    sql = "where [[{{p}} --]] day > 5\n[[and {{x}}]]"
    columns, kinds = {"p": "m.day", "x": "m.a"}, {"p": "period", "x": "choice"}
    assert tags(sql) == ["p", "x"]
    assert render(sql, columns, kinds, {}).statement == "where  day > 5\n"
    made = render(sql, columns, kinds, {"p": ["2026-01-01", "2026-01-31"]})
    assert made.statement == ('where ("marts"."m"."day" >= %(p_from)s and "marts"."m"."day" < %(p_to)s) -- day > 5\n')
    assert str(made.parameters["p_to"]) == "2026-02-01"  # the last day counts whole


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("past7days", ["2026-03-25", "2026-03-31"]),
        ("2026-01-01~2026-01-31", ["2026-01-01", "2026-01-31"]),
        ("2026-01-31~2026-01-01", ["2026-01-01", "2026-01-31"]),
        ("2026-01-01", ["2026-01-01", "2026-01-01"]),
    ],
)
def test_a_period_is_written_as_metabase_writes_it(text, days):
    import datetime as dt

    assert period(text, dt.date(2026, 3, 31)) == days
