"""`millwright up | down | status | logs`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from millwright.errors import MillwrightError
from millwright.settings import Settings, settings

if TYPE_CHECKING:
    from rich.console import Console


@click.command()
@click.option("--only", multiple=True, metavar="PART", help="Start this part and what it needs; may be given again.")
@click.option("--watch", "stay", is_flag=True, help="Stay, and start again what dies, until `down` or Ctrl-C.")
def up(only: tuple[str, ...], stay: bool) -> None:
    """Start the embedded stack, or what of it does not run.

    A part whose address the settings give (MILLWRIGHT_KAFKA_BOOTSTRAP, ...) is somebody else's: it is only asked
    whether it answers. Ends when all parts answer. Running it again changes nothing, and mends what was killed.
    """
    from rich.console import Console

    from infra.local import stack
    from infra.local.postgres_place import place
    from infra.local.progress import Progress

    config = settings()
    _check_names(only, set(stack.NODES))
    console = Console(highlight=False, soft_wrap=True)
    try:
        with Progress("Starting") as progress:
            stack.up(config, only or None, progress.report)
    except KeyboardInterrupt:
        console.print("Interrupted. What has started goes on; `millwright up` continues, `millwright down` stops it.")
        os._exit(130)  # threads still wait for parts to answer
    if not config.database_url and (where := place(config)).is_outside:
        console.print(
            f"Postgres keeps its files in {where.home}, for the user it runs as may not enter {where.state_dir}."
        )
    if not only:
        console.print(f"Preview  http://127.0.0.1:{config.preview_port}  (the dashboards)")
        console.print(f"Airflow  {config.airflow}  (user admin, password: millwright status --credentials)")
        console.print(f"MLflow   {config.mlflow}")
        console.print(f"State    {config.state_dir}")
    if stay:
        _stay(config, console)


def _stay(config: Settings, console: Console) -> None:
    import contextlib
    import time

    from infra.local.watch import watch

    console.print("Watching. Ctrl-C ends that; the stack goes on.")
    with contextlib.suppress(KeyboardInterrupt):
        watch(config, lambda said: console.print(f"{time.strftime('%H:%M:%S')}  {said}"))


@click.command()
@click.option("--only", multiple=True, metavar="PART", help="Stop this part only; may be given again.")
def down(only: tuple[str, ...]) -> None:
    """Stop the embedded stack; what it holds is kept."""
    from infra.local import stack
    from infra.local.parts import PARTS
    from infra.local.progress import Progress

    _check_names(only, {part.name for part in PARTS})
    with Progress("Stopping") as progress:
        stack.down(settings(), only or None, progress.report)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the parts, or with --streams the streams.")
@click.option("--streams", "only_streams", is_flag=True, help="Show the streams only.")
@click.option("--watch", is_flag=True, help="Go on showing, until Ctrl-C.")
@click.option("--credentials", is_flag=True, help="Show the users and passwords instead.")
def status(as_json: bool, only_streams: bool, watch: bool, credentials: bool) -> None:
    """Show what runs, and how the streams flow: what comes, what lands, and what has not landed yet.

    The lag is Kafka's end held against the lake's, so it is right when no service runs, too.
    """
    import contextlib

    from infra.local import show_status

    config = settings()
    if credentials:
        return _credentials(config, as_json)
    if as_json:
        return click.echo(show_status.as_json(config, only_streams))
    if watch:
        with contextlib.suppress(KeyboardInterrupt):
            show_status.watch(config, only_streams)
        return None
    return show_status.once(config, only_streams)


@click.command()
@click.argument("name")
@click.option("-n", "--lines", default=100, show_default=True, help="Lines from the end.")
@click.option("-f", "--follow", is_flag=True, help="Go on printing what is added, until Ctrl-C.")
def logs(name: str, lines: int, follow: bool) -> None:
    """Print the log of the part NAME."""
    from infra.local.tail import tail

    folder = settings().state_dir / "logs"
    path = folder / f"{name}.log"
    if not path.exists():
        there = ", ".join(sorted(found.stem for found in folder.glob("*.log")))
        raise MillwrightError(
            f"There is no log of {name!r} in {folder}.",
            f"There are: {there}." if there else "Nothing has been started: run `millwright up`.",
        )
    for line in tail(Path(path), lines, follow):
        click.echo(line)


def _credentials(config: Settings, as_json: bool) -> None:
    """Only what a person logs in with; keys between processes stay in the file."""
    shown = {
        "airflow": {"address": config.airflow, "user": "admin", "password": config.secret("airflow_password")},
        "postgres": {
            "address": f"127.0.0.1:{config.postgres_port}",
            "user": "millwright",
            "password": config.secret("postgres_password"),
        },
    }
    if as_json:
        return click.echo(json.dumps(shown, indent=2))
    for name, login in shown.items():
        click.echo(f"{name:<9} {login['address']:<28} user {login['user']:<11} password {login['password']}")
    return None


def _check_names(given: tuple[str, ...], known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise MillwrightError(f"There is no part {name!r}.", f"There are: {', '.join(sorted(known))}.")
