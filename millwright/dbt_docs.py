"""dbt's own documentation of the warehouse as one page, for the preview to show."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import Any

from millwright import dbt_sources
from millwright.dbt_runner import dbt_command, environment
from millwright.errors import MillwrightError
from millwright.settings import settings
from millwright.turns import one_at_a_time

_READ = {".sql", ".yml", ".md"}
_WRITTEN = {"target", "logs"}  # by a dbt that somebody runs in the project: its folders bear the names of files


def page() -> Path:
    """Where the page lies."""
    return settings().state_dir.absolute() / "dbt" / "docs" / "index.html"


def describe() -> dict[str, Any]:
    """Make the page anew when models or their papers have changed; it takes some seconds.

    Gives made (whether it was) and models. Raises MillwrightError with dbt's last words.
    """
    project = settings().dbt_dir.absolute()
    seen, mark = _digest(project), page().with_name("digest")
    if page().exists() and mark.exists() and mark.read_text() == seen:
        return {"made": False, "models": _models(project)}
    where = settings().state_dir.absolute() / "dbt"
    page().parent.mkdir(parents=True, exist_ok=True)
    command = [
        *(dbt_command(), "docs", "generate", "--static", "--no-compile", "--project-dir", str(project)),
        *("--profiles-dir", str(dbt_sources.profiles_dir(project).absolute())),
        *("--target-path", str(where / "target"), "--log-path", str(where / "logs"), "--no-use-colors"),
    ]
    made = where / "target" / "static_index.html"
    with one_at_a_time("dbt-build"):  # they share what dbt remembers of its last parse
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
        if done.returncode or not made.exists():
            said = "\n".join((done.stdout or done.stderr).strip().splitlines()[-12:])
            raise MillwrightError(f"dbt could not describe its models:\n{said}", f"Its log is in {where / 'logs'}.")
        os.replace(made, page())
    mark.write_text(seen)
    return {"made": True, "models": _models(project)}


def _models(project: Path) -> int:
    return sum(1 for _ in (project / "models").rglob("*.sql"))


def _digest(project: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        own = path.relative_to(project)
        if own.parts[0] not in _WRITTEN and path.suffix in _READ and path.is_file():
            found.update(f"{own}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()
