"""`plan`, `apply`, `destroy` and `pull`: a walk over one Metabase, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from dashboards import reader
from dashboards.metabase import boot, show
from dashboards.metabase.walk import Change, walk
from dashboards.metabase.world import Ids, World
from dashboards.spec.read import Boards, load
from millwright.settings import settings
from millwright.turns import one_at_a_time


def plan(as_json: bool = False) -> bool:
    """Print what differs; True when anything does. Changes nothing, but a new Metabase is set up to be asked."""
    console = Console(highlight=False)
    changes = list(walk(world_of(load(), acts=False)))
    if as_json:
        print(json.dumps(show.as_json(changes), indent=2, ensure_ascii=False))
        return bool(changes)
    show.listed(changes, console)
    show.total(changes, console, is_done=False)
    return bool(changes)


def apply(wait_seconds: float = 300) -> list[Change]:
    """Do what differs, saying each as it is done."""
    boards = load()
    reader.ensure()
    return _act(boards, wait_seconds)


def destroy() -> list[Change]:
    """Take away what is ours."""
    return _act(None, 30)


def pull(folder: Path) -> None:
    """Write what Metabase has to a folder; see dashboards/metabase/pull.py."""
    from dashboards.metabase.pull import pulled

    console = Console(highlight=False)
    boards = load()
    (folder / "boards").mkdir(parents=True, exist_ok=True)
    for name, text in pulled(boards, world_of(boards, acts=False)).items():
        (folder / "boards" / f"{name}.yml").write_text(text)
    console.print(f"Written to {folder}. Compare: diff -r {folder / 'boards'} dashboards/boards", soft_wrap=True)


def world_of(boards: Boards | None, acts: bool, wait_seconds: float = 30, tell: Callable[[str], None] = print) -> World:
    """A walk's world: the Metabase of the settings, and what we know of it."""
    api = boot.connect(wait_seconds, tell)
    recipients = [each.strip() for each in settings().alert_email_to.split(",") if each.strip()]
    return World(api, boards, Ids(api.url, is_kept=acts), acts, recipients, tell)


def _act(boards: Boards | None, wait_seconds: float) -> list[Change]:
    console = Console(highlight=False)
    done: list[Change] = []
    with one_at_a_time("dashboards-apply"), console.status("") as status:
        world = world_of(boards, True, wait_seconds, lambda text: status.update(f"{text} ..."))
        for change in walk(world):
            done.append(change)
            show.line(change, console, is_short=True)
    show.total(done, console, is_done=True)
    return done
