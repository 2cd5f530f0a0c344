"""`millwright models monitor` on a screen."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

_SHOWN = ("precision", "recall", "f1", "flagged_share", "mean_absolute_error", "interval_coverage")


def monitored(found: list[dict[str, Any]], console: Console) -> None:
    """A table of windows for each model, and what follows from it."""
    if not found:
        console.print("No spec has a champion yet: `millwright train` makes one.")
    for model in found:
        if not model["monitored"]:
            console.print(Text(f"{model['model']}: {model['reason']}"))
            continue
        _windows(model, console)
        verdict = (
            "[yellow]retrain it[/]: two of the last five windows breach, and the newest does."
            if model["retrain"]
            else "[green]it fits[/]: nothing calls for retraining."
        )
        console.print(f"[bold]{model['model']}[/] version {model['version']}: {verdict}", soft_wrap=True)


def _windows(model: dict[str, Any], console: Console) -> None:
    names = [name for name in _SHOWN if any(name in window["scores"] for window in model["windows"])]
    table = Table(
        *("from", "until", Column("drift", justify="right"), Column("outcomes", justify="right")),
        *(Column(name.replace("_", " "), justify="right") for name in names),
        Column("breach", overflow="fold"),
        title=f"{model['model']} version {model['version']}",
        title_justify="left",
    )
    for window in model["windows"]:
        share = window["drift_share"]
        table.add_row(
            window["start"],
            window["end"],
            "" if share is None else f"{share:.0%}",
            str(window["judged"]),
            *(f"{window['scores'][name]:.3f}" if name in window["scores"] else "" for name in names),
            Text(" ".join(window["reasons"])),
        )
    console.print(table)
