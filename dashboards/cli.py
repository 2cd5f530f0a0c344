"""`millwright dashboards`."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def dashboards() -> None:
    """The plant's dashboards, kept as YAML: check them, bring them to Metabase, or look at them in a preview."""


@dashboards.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Hold the files against what they may say, and against the marts that dbt makes.

    FOLDER holds site.yml and boards/; without it, those shipped.
    """
    from dashboards.spec.read import load

    found = load(folder)
    questions = sum(len(board.questions) for board in found.boards.values())
    click.echo(f"{len(found.boards)} dashboards with {questions} questions hold.")
