"""`millwright cleanse`, `millwright features` and `millwright load`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from millwright.contracts import contract, contracts
from millwright.derived import raw_tables

_STREAMS = click.argument("streams", nargs=-1, metavar="[STREAM]...")
_TABLES = click.argument("tables", nargs=-1, metavar="[STREAM or TABLE]...")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")


@click.command()
@_STREAMS
@_JSON
def cleanse(streams: tuple[str, ...], as_json: bool) -> None:
    """Bring what is new in bronze into silver (all streams unless told).

    Duplicates give way to the latest record, outliers are marked, late data goes where its event time says.
    """
    from spark_jobs.cleanse import cleanse_new
    from spark_jobs.engine import Engine

    results: list[dict[str, Any]] = []
    with _progress(as_json) as bar, Engine() as engine:
        for stream in _chosen(streams):
            task = bar.add_task(stream, total=None)
            result = cleanse_new(stream, engine, _advance(bar, task))
            bar.update(task, total=result.records, completed=result.records)
            results.append(result.as_dict())
    if not as_json:
        results = [{**result, "dates": len(result["dates"])} for result in results]
    _show(results, as_json)


@click.command()
@_JSON
def features(as_json: bool) -> None:
    """Bring the lake's features and summaries up to what cleanse has brought.

    Only what new, late or corrected records affect is computed: a reading the windows of a day after it, a failure
    its machine's later counts.
    """
    from spark_jobs.features import compute_new

    with Console(stderr=True).status("Computing features and summaries"):
        results = [result.as_dict() for result in compute_new()]
    if not results and not as_json:
        click.echo("There is no stream equipment-sensors, so there is nothing to compute features of.")
        return
    _show(results, as_json)


@click.command()
@_TABLES
@_JSON
def load(tables: tuple[str, ...], as_json: bool) -> None:
    """Bring what has changed in the lake into the warehouse's schema raw (all streams, features and summaries unless
    told)."""
    from spark_jobs.load import load_new

    results: list[dict[str, Any]] = []
    with _progress(as_json) as bar:
        for name in tables or raw_tables():
            task = bar.add_task(name, total=None)
            result = load_new(name, _advance(bar, task))
            bar.update(task, total=bar.tasks[task].completed)
            results.append(result.as_dict())
    _show(results, as_json)


@click.command()
@click.option("--from", "first", required=True, metavar="DAY", help="The first event date, as 2026-01-31.")
@click.option("--until", "last", metavar="DAY", help="The last; the first, when not given.")
@click.option("--stream", "streams", multiple=True, help="This stream only; may be given again.")
@click.option("--machine", "machines", multiple=True, help="This machine's rows only; may be given again.")
@click.option("--dry-run", is_flag=True, help="Only say which days differ.")
@_JSON
def recompute(
    first: str, last: str | None, streams: tuple[str, ...], machines: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Compute days of silver, features and raw again from bronze, and put right what differs.

    The next `dbt build` computes the marts that these days are in. Run again, it writes nothing to the lake.
    """
    from spark_jobs.recompute.run import days, load_all, recompute_all

    window = days(first, last)
    with Console(stderr=True).status("Computing again"):
        done = recompute_all(window, streams, machines, dry_run)
        loads = [] if dry_run else load_all(done)
    if as_json:
        click.echo(json.dumps(done | {"loads": loads}))
        return
    _show([{**each, "dates": ", ".join(each["dates"]) or "-"} for each in done["streams"]], as_json=False)
    if loads:
        _show(loads, as_json=False)


def _chosen(streams: tuple[str, ...]) -> list[str]:
    return [contract(stream).stream for stream in streams] or list(contracts())


class _Rate(ProgressColumn):
    """Records a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed / task.elapsed if task.elapsed else 0:,.0f}/s", style="dim")


def _advance(bar: Progress, task: TaskID) -> Callable[[int, int], None]:
    return lambda done, todo: bar.update(task, completed=done, total=todo)


def _progress(as_json: bool) -> Progress:
    return Progress(
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=as_json,
    )


def _show(results: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(results, indent=1))
        return
    shown = [name for name in results[0] if name != "silver_version"]
    table = Table(*(name.removeprefix("rows_").replace("_", " ") for name in shown))
    for result in results:
        table.add_row(*(_cell(result[name]) for name in shown))
    Console().print(table)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)
