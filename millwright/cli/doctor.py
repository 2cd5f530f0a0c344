"""`millwright doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console
from rich.markup import escape

from millwright.doctor import Outcome, examine, installed
from millwright.errors import MillwrightError

_COLOURS = {"sound": "green", "ill": "bold red", "not asked": "yellow"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: one object a check.")
@click.option("--only", multiple=True, metavar="CHECK", help="Ask this check only; may be given again.")
def doctor(as_json: bool, only: tuple[str, ...]) -> None:
    """Examine the platform: each finding with its remedy. It changes nothing.

    Exits with 1 when anything is found. What does not run is told once; what it keeps from being asked says so.
    """
    checks = installed()
    for name in only:
        if name not in {check.name for check in checks}:
            known = ", ".join(check.name for check in checks)
            raise MillwrightError(f"There is no check {name!r}.", f"There are: {known}.")
    outcomes = examine([check for check in checks if not only or check.name in only])
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in outcomes], indent=2))
    else:
        _show(outcomes)
    if any(each.findings for each in outcomes):
        sys.exit(1)


def _show(outcomes: list[Outcome]) -> None:
    console = Console(highlight=False)
    for each in outcomes:
        console.print(f"[{_COLOURS[each.state]}]{each.state:<9}[/]  {each.check:<24} [dim]{each.about}[/]")
        for found in each.findings:
            console.print(f"           {escape(found.problem)}", soft_wrap=True)
            console.print(f"           [bold]{escape(found.remedy)}[/] → {escape(found.command)}", soft_wrap=True)
    ill = sum(len(each.findings) for each in outcomes)
    console.print(f"\n{ill} finding{'s' * (ill != 1)}." if ill else "\nNothing found.")
