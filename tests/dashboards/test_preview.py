"""The preview's answers, as a browser asks for them; what it draws is for tests in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboards import reader
from dashboards.preview.app import application
from dashboards.spec.read import load
from tests.dashboards.test_cards import INJECTIONS

BOARDS = load()


@pytest.fixture
def page(warehouse: str) -> Iterator[TestClient]:
    reader.ensure()
    with TestClient(application(BOARDS, ["testserver"])) as client:
        yield client


def test_dbts_docs_are_served_once_they_are_made_with_scripts_of_their_own(page, monkeypatch, tmp_path):
    monkeypatch.setattr("dashboards.preview.app.dbt_page", lambda: tmp_path / "index.html")
    assert page.get("/dbt/").status_code == 404
    (tmp_path / "index.html").write_text("<title>dbt Docs</title>")
    answer = page.get("/dbt/")
    assert "dbt Docs" in answer.text
    assert "script-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in page.get("/").headers["Content-Security-Policy"]


def test_the_page_says_that_it_is_a_preview_and_brings_all_that_it_needs(page):
    html = page.get("/").text
    assert "Preview" in html
    assert "http://" not in html
    assert "https://" not in html  # nothing from elsewhere
    for path in ("style.css", "app.js", "card.js", "chart.js", "filters.js", "format.js", "place.js", "icon.svg"):
        assert page.get(f"/static/{path}").status_code == 200
    assert page.get("/static/vendor/echarts/LICENSE").text.lstrip().startswith("Apache License")
    assert "default-src 'self'" in page.get("/").headers["content-security-policy"]


def test_dashboards_are_listed_and_described_without_their_sql(page):
    listed = page.get("/api/boards").json()
    assert [board["key"] for board in listed["boards"]] == list(BOARDS.boards)
    for key in BOARDS.boards:
        told = page.get(f"/api/boards/{key}")
        assert told.json()["tabs"]
        assert "select " not in told.text


def test_a_card_of_each_kind_is_answered(page):
    """In a browser every card is; here one of each display, where there is no browser."""
    kinds = {q.display: (key, name) for key, board in BOARDS.boards.items() for name, q in board.questions.items()}
    for key, name in kinds.values():
        told = page.get(f"/api/boards/{key}/questions/{name}")
        assert told.status_code == 200, told.text
        assert set(BOARDS.boards[key].questions[name].columns) <= set(told.json()["columns"])


def test_filters_change_what_they_should(page):
    asked = "/api/boards/equipment_health/questions/health_map"
    everything = page.get(asked).json()["rows"]
    one = page.get(asked, params={"machine": "M0003"}).json()["rows"]
    two = page.get(asked, params={"machine": ["M0003", "M0001"]}).json()["rows"]
    assert (len(everything), len(one), len(two)) == (6, 1, 2)
    assert one[0][0] == "M0003"
    days = "/api/boards/production_kpis/questions/oee_by_day"
    some = page.get(days, params={"period": "2026-03-20~2026-03-22"}).json()["rows"]
    assert [row[0] for row in some] == ["2026-03-20", "2026-03-21", "2026-03-22"]


def test_filters_offer_what_there_is(page):
    assert page.get("/api/boards/equipment_health/values/machine").json() == [f"M000{n}" for n in range(1, 7)]
    assert "vibration" in page.get("/api/boards/equipment_health/values/channel").json()
    assert page.get("/api/boards/equipment_health/values/period").status_code == 404


def test_whatever_stands_in_the_address_is_data(page):
    """In every filter of every dashboard: of texts, that fit nothing, nothing is left; of a period it is told."""
    for key, board in BOARDS.boards.items():
        for each, filtered in board.filters.items():
            name = next(name for name, question in board.questions.items() if each in question.filters)
            told = page.get(f"/api/boards/{key}/questions/{name}", params={each: INJECTIONS})
            if filtered.kind == "period":
                assert told.status_code == 422
            else:
                assert told.status_code == 200, told.text
                assert all(value in (None, 0) for row in told.json()["rows"] for value in row), (key, each)


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_other_part_of_the_address_is_more_than_a_name(page, text):
    assert page.get("/api/boards/equipment_health/questions/readings", params={"period": text}).status_code == 422
    assert page.get(f"/api/boards/equipment_health/questions/{text}").status_code == 404
    assert page.get(f"/api/boards/equipment_health/values/{text}").status_code == 404
    assert page.get(f"/api/boards/{text}").status_code == 404
    running = page.get("/api/boards/equipment_health/questions/running", params={text: text}).json()["rows"]
    assert running != [[0]]


@pytest.mark.parametrize(
    "text", ["past0days", "past99999days", "2026-02-30", "2026-01-01~", "0001-01-01~9999-12-31", "\0"]
)
def test_a_period_that_is_none_is_told(page, text):
    told = page.get("/api/boards/equipment_health/questions/readings", params={"period": text})
    assert told.status_code == 422
    assert told.json()["detail"]


def test_a_dashboard_that_is_none_and_a_name_that_is_not_ours_are_refused(page):
    assert page.get("/api/boards/no_such").status_code == 404
    assert page.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_connection_that_the_server_dropped_is_replaced(page, warehouse):
    import psycopg2

    asked = "/api/boards/equipment_health/questions/running"
    assert page.get(asked).status_code == 200
    with psycopg2.connect(warehouse) as owner, owner.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'dashboards'")
    assert page.get(asked).status_code == 200


def test_what_is_drawn_is_kept_with_its_licence():
    folder = Path(__file__).parents[2] / "dashboards" / "preview" / "static" / "vendor" / "echarts"
    assert {p.name for p in folder.iterdir()} >= {"LICENSE", "NOTICE", "README.md", "echarts.min.js"}
