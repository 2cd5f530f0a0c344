"""The preview as people see it, in Debian's Chromium; skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from dashboards.preview.background import served
from dashboards.report.paper import printed
from dashboards.spec.read import load
from tests.dashboards.test_cards import MAY_BE_EMPTY

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Needs Debian's package chromium.")
BOARDS = load()
DESKTOP = ViewportSize(width=1500, height=1000)
PAGES = [(key, tab.name) for key, board in BOARDS.boards.items() for tab in board.tabs]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def address(warehouse: str) -> Iterator[str]:
    with served(BOARDS) as address:
        yield address


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=DESKTOP)
    page.set_default_timeout(20_000)
    troubles: list[str] = []
    page.on("console", lambda m: troubles.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: troubles.append(str(e)))
    yield page
    page.close()
    assert troubles == []


def at(page: Page, address: str, board: str, tab: str = "", query: str = "") -> None:
    """Go there as a link does, and wait until every card has its answer."""
    place = f"#/{board}/{quote(tab)}{query}"
    if page.url.startswith(address):
        page.evaluate("place => { delete document.body.dataset.ready; location.hash = place }", place)
    else:
        page.goto(f"{address}/{place}")
    page.wait_for_selector(f"body[data-ready^='{board}/{tab}']")


def test_every_page_shows_something_on_every_card_and_fits_a_phone(page, address):
    for board, tab in PAGES:
        at(page, address, board, tab)
        empty = page.eval_on_selector_all(".none", "all => all.map(e => e.closest('article').dataset.question)")
        assert {(board, name) for name in empty} <= MAY_BE_EMPTY
        cards = page.eval_on_selector_all("article", "all => all.length")
        assert cards == sum(len(t.cards) for t in BOARDS.boards[board].tabs if t.name == tab)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390, (board, tab)
        page.set_viewport_size(DESKTOP)


def test_a_filter_changes_the_cards_that_it_is_bound_to(page, address):
    at(page, address, "equipment_health", "All machines")
    rows = "article[data-question='health_map'] tbody tr"
    assert page.locator(rows).count() == 6
    page.get_by_text("Machine: all").click()
    page.get_by_label("M0003").check()
    page.wait_for_selector("body[data-ready*='machine=M0003']")
    assert page.locator(rows).count() == 1
    page.get_by_text("Clear all").click()
    page.wait_for_selector("body[data-ready$='?']")
    assert page.locator(rows).count() == 6


def test_a_card_that_does_not_follow_what_is_chosen_says_so_and_what_no_card_follows_is_not_offered(page, address):
    at(page, address, "production_kpis", "OEE", "?period=past90days")
    assert page.locator("article[data-question='week_on_week'] .unfollowed").inner_text() == "Not by period"
    assert not page.locator("article[data-question='oee_by_day'] .unfollowed").is_visible()
    at(page, address, "equipment_health", "One machine")
    assert "Plant" not in page.locator("#filters").inner_text()


def test_a_click_leads_from_a_machine_to_its_page_and_back(page, address):
    at(page, address, "equipment_health", "All machines")
    page.locator("article[data-question='health_map'] a", has_text="M0002").click()
    page.wait_for_selector("body[data-ready='equipment_health/One machine?machine=M0002']")
    assert page.locator("article[data-question='which_machine'] tbody tr").inner_text().startswith("M0002")
    page.go_back()
    page.wait_for_selector("body[data-ready='equipment_health/All machines?']")


def test_a_click_on_a_bar_leads_there_too_and_the_keyboard_has_a_table_for_it(page, address):
    at(page, address, "predictive_maintenance", "What will fail")
    card = page.locator("article[data-question='most_likely']")
    box = card.locator("canvas").bounding_box()
    assert box
    page.mouse.click(box["x"] + 0.35 * box["width"], box["y"] + 60)
    page.wait_for_selector("body[data-ready='predictive_maintenance/One machine?machine=M0003']")
    page.go_back()
    page.wait_for_selector("body[data-ready^='predictive_maintenance/What will fail']")
    button = page.get_by_role("button", name="Show Most likely to fail within 24 h as a table")
    button.focus()
    page.keyboard.press("Enter")
    card.locator("a", has_text="M0003").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("body[data-ready='predictive_maintenance/One machine?machine=M0003']")


def test_it_says_that_it_is_a_preview_and_what_each_number_means(page, address):
    at(page, address, "production_kpis")
    assert page.locator(".preview").inner_text() == "Preview"
    page.get_by_role("button", name="What OEE means").click()
    assert "World class" in page.get_by_role("note").inner_text()


def test_the_report_is_printed_by_the_browser_where_there_is_one(page, address):
    from dashboards.report.page import page as report_page
    from tests.dashboards.report.a_week import facts

    assert CHROMIUM
    assert printed(report_page(facts()), CHROMIUM).startswith(b"%PDF")
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_content(report_page(facts()))
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_whoever_likes_it_dark_has_it_dark(browser, address):
    page = browser.new_page(viewport=DESKTOP, color_scheme="dark")
    at(page, address, "production_kpis", "OEE")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"
    page.close()
