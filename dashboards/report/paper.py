"""The report as PDF: the page printed by a Chromium, or, where there is none, the same facts drawn by matplotlib."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from dashboards.report.facts import Facts
from dashboards.report.page import page
from millwright.errors import MillwrightError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TIMEOUT_SECONDS = 120


def browser() -> str | None:
    """The path of a Chromium, if there is one."""
    return next((found for name in _BROWSERS if (found := shutil.which(name))), None)


def paper(facts: Facts) -> tuple[bytes, str]:
    """The PDF, and what made it: Chromium | matplotlib."""
    if chromium := browser():
        return printed(page(facts), chromium), "Chromium"
    from dashboards.report.plain_paper import drawn

    return drawn(facts), "matplotlib"


def printed(html: str, chromium: str) -> bytes:
    """The page as that browser prints it. Raises MillwrightError when it does not."""
    with tempfile.TemporaryDirectory(prefix="millwright-report-") as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(html)
        command = [
            *(chromium, "--headless", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile"),
            # Chromium's sandbox does not start for root. The page is ours, and has no script in it.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            *("--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise MillwrightError(f"{chromium} has not printed the report in {_TIMEOUT_SECONDS} s.") from None
        if not target.exists():
            raise MillwrightError(f"{chromium} did not print the report: {done.stderr.strip()[-300:]}")
        return target.read_bytes()
