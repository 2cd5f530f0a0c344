"""Airflow's web page as an operator works with it, in Debian's Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium")
_PATIENCE_MS = 60_000  # its answers wait behind whatever its tasks compute
_GREEN_MS = 300_000


class AirflowPage:
    """A page on which somebody has logged in. Elements are found by what a person reads on them."""

    def __init__(self, page: Page, address: str) -> None:
        self._page, self._address = page, address

    def dags(self) -> set[str]:
        """The DAGs on the list."""
        self._page.goto(f"{self._address}/dags?limit=50")
        self._page.get_by_role("link", name="data_quality").wait_for()
        links = self._page.locator("a[href^='/dags/']").all()
        return {str(link.get_attribute("href")).split("/")[2] for link in links}

    def runbook(self, dag_id: str) -> str:
        """What the button of a DAG's documentation shows."""
        self._page.goto(f"{self._address}/dags/{dag_id}")
        self._page.get_by_role("button", name="Dag Docs").click()
        said = self._page.get_by_role("dialog").inner_text()
        self._page.keyboard.press("Escape")
        return said

    def trigger(self, dag_id: str, **fields: str) -> str:
        """Fill a DAG's form, start it and wait until its run is green; gives the run's address."""
        self._page.goto(f"{self._address}/dags/{dag_id}")
        self._page.get_by_role("button", name="Trigger").first.click()
        form = self._page.get_by_role("dialog")
        for name, value in fields.items():
            form.locator(f"input[name=element_{name}]").fill(value)
        form.get_by_role("button", name="Trigger").click()
        self._page.wait_for_url("**/runs/manual__*")
        self._page.get_by_text("Success", exact=True).first.wait_for(timeout=_GREEN_MS)
        return self._page.url

    def link(self, run: str, task: str, name: str) -> Page:
        """The page that a button of a task opens; Airflow shows them under Details."""
        self._page.goto(f"{run}/tasks/{task}/details")
        with self._page.expect_popup() as opened:
            self._page.get_by_role("link", name=name).click()
        opened.value.wait_for_load_state("networkidle")
        return opened.value


@contextmanager
def logged_in(address: str, password: str) -> Iterator[AirflowPage]:
    """Airflow's page after its form of user and password."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        page.set_default_timeout(_PATIENCE_MS)
        page.goto(address)
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", password)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Dags").first.wait_for()
        try:
            yield AirflowPage(page, address)
        finally:
            browser.close()
