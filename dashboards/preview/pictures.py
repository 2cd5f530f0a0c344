"""Pictures of the dashboards as the preview draws them, for the docs, or to look all of them over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from dashboards.preview.background import served
from dashboards.report.asked import asking
from dashboards.report.facts import gather
from dashboards.report.page import page as report_page
from dashboards.report.paper import browser
from dashboards.report.week import last_whole
from dashboards.spec.read import Boards, load
from millwright.errors import MillwrightError

if TYPE_CHECKING:
    from playwright.sync_api import Page

_COLOURS = 256  # of a picture: the text stays clear, and the file is half as large


@dataclass(frozen=True)
class Picture:
    """One to take: a board's page, by somebody who likes it light or dark, on a screen so many pixels wide."""

    board: str
    tab: str
    theme: str = "light"
    width: int = 1400

    @property
    def place(self) -> str:
        return f"#/{self.board}/{quote(self.tab)}"


def take(folder: Path, every: bool = False) -> list[Path]:
    """Write pictures of the report and each dashboard's first page; `every`: of all pages, light, dark, on a phone.

    Shows what the warehouse holds. Raises MillwrightError where there is no Chromium, or no playwright.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise MillwrightError("Pictures need the package playwright.", "Install millwright[dev].") from None
    if (chromium := browser()) is None:
        raise MillwrightError("Pictures need a Chromium.", "Install Debian's package chromium.")
    boards = load()
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with served(boards) as address, sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = opened.new_page()
        page.goto(address)
        for name, picture in _every(boards) if every else _firsts(boards):
            path = folder / f"{name}.png"
            path.write_bytes(small(_taken(page, picture)))
            taken.append(path)
        page.set_viewport_size({"width": 1000, "height": 900})
        page.set_content(_report(boards))
        path = folder / "report.png"
        path.write_bytes(small(page.screenshot(full_page=True)))
        taken.append(path)
        opened.close()
    return taken


def _report(boards: Boards) -> str:
    with asking(boards) as asked:
        as_of = asked.now()
        return report_page(gather(asked, last_whole(as_of), as_of))


def small(png: bytes) -> bytes:
    """The same picture in few colours."""
    from PIL import Image

    held = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(held, "PNG", optimize=True)
    return held.getvalue()


def _taken(page: Page, picture: Picture) -> bytes:
    page.set_viewport_size({"width": picture.width, "height": 900})
    page.evaluate("theme => localStorage.setItem('theme', theme)", picture.theme)
    page.evaluate("place => { location.hash = place; location.reload() }", picture.place)
    page.wait_for_selector(f"body[data-ready^='{picture.board}/{picture.tab}']")
    page.evaluate("document.fonts.ready")
    return page.screenshot(full_page=True)


def _firsts(boards: Boards) -> Iterator[tuple[str, Picture]]:
    for key, board in boards.boards.items():
        yield key, Picture(key, board.tabs[0].name)


def _every(boards: Boards) -> Iterator[tuple[str, Picture]]:
    for look, theme, width in (("light", "light", 1400), ("dark", "dark", 1400), ("phone", "light", 390)):
        for key, board in boards.boards.items():
            for number, tab in enumerate(board.tabs, 1):
                yield f"{key}-{number}-{look}", Picture(key, tab.name, theme, width)
