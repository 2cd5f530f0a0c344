"""`millwright train`, `predict` and `models`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from millwright.errors import MillwrightError

if TYPE_CHECKING:
    from rich.console import Console

_STEPS = ("extract", "fit", "evaluate", "register", "deploy")


@click.command()
@click.argument("spec", default="failure")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
def train(spec: str, as_json: bool) -> None:
    """Train a model by its spec (a name, or a .yml file), and promote it if it deserves it."""
    from rich.console import Console

    from ml import show
    from ml import train as steps

    console = Console(stderr=as_json, highlight=False)
    result: Any = spec
    with console.status("") as status:
        for name in _STEPS:
            status.update(f"{spec}: {name}")
            result = getattr(steps, name)(result)
    _finish(result, "trained", as_json, console, show.training)


@click.command()
@click.argument("spec", default="failure")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
def predict(spec: str, as_json: bool) -> None:
    """Predict for every machine with the champion, for the newest data."""
    from rich.console import Console

    from ml import show
    from ml.predict import run

    console = Console(stderr=as_json, highlight=False)
    with console.status(f"{spec}: predict"):
        result = run(spec)
    _finish(result, "predicted", as_json, console, show.prediction)


def _finish(result: dict[str, Any], done: str, as_json: bool, console: Console, show: Any) -> None:
    if as_json:
        click.echo(json.dumps(result, allow_nan=False))
    if not result[done]:
        raise MillwrightError(result["reason"])
    if not as_json:
        show(result, console)


@click.group()
def models() -> None:
    """The registered models: versions, who answers, and why."""


@models.command("ls")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(as_json: bool) -> None:
    """List the models, their newest version, champion and the version before it."""
    from rich.console import Console

    from ml import show, versions

    found = versions.every_model()
    click.echo(json.dumps(found)) if as_json else show.models(found, Console(highlight=False))


@models.command("show")
@click.argument("name", default="failure")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_model(name: str, as_json: bool) -> None:
    """Show a model's versions with their scores, and each decision with its reason."""
    from rich.console import Console

    from ml import show, versions

    found = versions.of_model(name)
    click.echo(json.dumps(found)) if as_json else show.versions(name, found, Console(highlight=False))
