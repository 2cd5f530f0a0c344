"""`millwright rebuild`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.console import Console

if TYPE_CHECKING:
    from spark_jobs.rebuild.run import Report


@click.command()
@click.option("--check", is_flag=True, help="Only compare: build all of it beside, report, throw it away.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def rebuild(check: bool, as_json: bool) -> None:
    """Make silver, raw and the marts anew from bronze alone, and say what differs from what stood there.

    What bronze cannot give back (predictions, promotions, the platform's history) is left as it is. May be killed at
    any instant and run again. With --check the exit status is 1 where something differs.
    """
    from spark_jobs.rebuild import run

    with _Steps() as steps:
        report = run.check(steps.step) if check else run.rebuild(steps.step)
    if as_json:
        rows = [asdict(row) | {"same": not row.difference} for row in report.rows]
        click.echo(json.dumps({"tables": rows, "notes": report.notes, "differing": len(report.differing)}))
    else:
        _show(report, check)
    if report.failed:
        raise report.failed
    if check and report.differing:
        sys.exit(1)


def _show(report: Report, check: bool) -> None:
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(
        "table", "rows", "checksum", "against what stood there", box=None, header_style="bold", pad_edge=False
    )
    table.columns[1].justify = "right"
    for row in report.rows:
        told = f"[yellow]different[/]: {row.difference}" if row.difference else "[green]same[/]"
        table.add_row(row.table, f"{row.rows:,}", row.checksum, told)
    console.print(table)
    for note in report.notes:
        console.print(note, soft_wrap=True)
    different = len(report.differing)
    if not different:
        console.print(f"All {len(report.rows)} tables are what bronze gives.")
    elif check:
        console.print(f"{different} of {len(report.rows)} tables differ. `millwright rebuild` puts them right.")
    else:
        console.print(f"{different} of {len(report.rows)} tables differed, and are what bronze gives now.")


class _Steps:
    """A bar for each step on a terminal, a line for each elsewhere; on stderr."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True, highlight=False)
        columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._tasks: dict[str, TaskID] = {}

    def step(self, doing: str, done: int, todo: int | None) -> None:
        if doing not in self._tasks:
            self._end_those_before()
            self._tasks[doing] = self._bar.add_task(doing, total=todo)
            if not self._console.is_terminal:
                self._console.print(doing)
        self._bar.update(self._tasks[doing], completed=done, total=todo)

    def _end_those_before(self) -> None:
        for task in self._bar.tasks:
            done = int(task.completed) or 1
            self._bar.update(task.id, completed=done, total=done)
            self._bar.stop_task(task.id)

    def __enter__(self) -> _Steps:
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end_those_before()
        self._bar.stop()
