"""`millwright train` and `models`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from millwright.errors import MillwrightError
from ml.monitoring.cli import monitor

if TYPE_CHECKING:
    from rich.console import Console

_STEPS = ("fit", "evaluate", "register", "deploy")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("spec", default="failure")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="PLACE",
    help="A table or path in place of the spec's own; NAME=PLACE where it has several. May be given again.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
def train(spec: str, sources: tuple[str, ...], as_json: bool) -> None:
    """Train a model by its spec (a name, or a .yml file), and promote it if it deserves it."""
    from rich.console import Console

    from ml import show, steps

    console = Console(stderr=as_json, highlight=False)
    with console.status(f"{spec}: extract") as status:
        result = steps.extract(spec, sources)
        for name in _STEPS:
            status.update(f"{spec}: {name}")
            result = getattr(steps, name)(result)
    _finish(result, "trained", as_json, console, show.training)


def _finish(result: dict[str, Any], done: str, as_json: bool, console: Console, show: Any) -> None:
    if as_json:
        click.echo(json.dumps(result, allow_nan=False, default=str))
    if not result[done]:
        raise MillwrightError(result["reason"])
    if not as_json:
        show(result, console)


@click.group()
def models() -> None:
    """The registered models: versions, who answers, and why."""


models.add_command(monitor)


@models.command("list")
@_JSON
def list_models(as_json: bool) -> None:
    """List the models, their newest version, champion and the version before it."""
    from rich.console import Console

    from ml import show
    from ml.registry import versions

    found = versions.every_model()
    click.echo(json.dumps(found)) if as_json else show.models(found, Console(highlight=False))


models.add_command(list_models, "ls")


@models.command("show")
@click.argument("name", default="failure")
@_JSON
def show_model(name: str, as_json: bool) -> None:
    """Show a model's versions with their scores, and each decision with its reason."""
    from rich.console import Console

    from ml import show
    from ml.registry import versions

    found = versions.of_model(name)
    click.echo(json.dumps(found)) if as_json else show.versions(name, found, Console(highlight=False))


@models.command("promote")
@click.argument("name")
@click.argument("version", type=click.IntRange(1))
@click.option("--reason", default="", help="Why; it is recorded.")
def promote(name: str, version: int, reason: str) -> None:
    """Make a version the champion by hand."""
    _by_hand(name, version, f"Promoted by hand. {reason}".strip())


@models.command("rollback")
@click.argument("name")
@click.option("--reason", default="", help="Why; it is recorded.")
def rollback(name: str, reason: str) -> None:
    """Make the previous version the champion again."""
    _by_hand(name, None, f"Rolled back by hand. {reason}".strip())


def _by_hand(name: str, version: int | None, reason: str) -> None:
    from ml.registry.promote import by_hand

    before, now = by_hand(name, version, reason)
    click.echo(f"{name}: version {now} answers" + ("." if before in (None, now) else f", version {before} before it."))
