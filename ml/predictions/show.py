"""`millwright explain` and `millwright predict` on a screen."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ml.predictions import words

_FILES = 20
_SHOWN = (
    *(
        "average_precision",
        "roc_auc",
        "precision",
        "recall",
        "f1",
        "event_recall",
        "accuracy",
        "macro_f1",
        "mae",
        "rmse",
    ),
    *("mse", "mape", "far", "mar", "false_positive_rate", "coverage_80", "coverage_95"),
)


def prediction(result: dict[str, Any], console: Console) -> None:
    """What a prediction run wrote."""
    silent = f" {words.count(result['silent'], 'machine')} silent." if result["silent"] else ""
    console.print(
        f"[bold]{result['model']}[/] version {result['version']}{words.up_to(result)}: {words.told(result)};"
        f" {result['written']} new in {result['output']}.{silent}",
        soft_wrap=True,
    )


def explained(found: dict[str, Any], console: Console) -> None:
    """All that stands behind a prediction, from what was said down to the files."""
    said, kind, model = found["said"], found["kind"], found["model"]
    console.print(Text(words.headline(kind, said), style="bold"), soft_wrap=True)
    console.print(words.outcome(kind, said, found["outcome"]), markup=False)
    if factors := words.factors(said):
        console.print("\n[bold]Why[/]")
        for factor in factors:
            console.print(f"  {factor}", markup=False, soft_wrap=True)
    console.print("\n[bold]Model[/]")
    _model(said, model, console)
    for stream in found["streams"]:
        console.print(f"\n[bold]Rows[/] of {stream['table']}")
        _stream(stream, said["equipment_id"], console)
    if found["events"]:
        _events(found["events"], console)


def _model(said: dict[str, Any], model: dict[str, Any], console: Console) -> None:
    lines = [("version", f"{said['model_name']} {said['model_version']}")]
    if reason := model.get("unknown"):
        lines.append(("unknown", reason))
    else:
        scores = {name: model["scores"][name] for name in _SHOWN if name in model["scores"]}
        lines[0] = (lines[0][0], " ".join([lines[0][1], *(f"({alias})" for alias in model["aliases"])]))
        lines += [
            ("trained on", words.training(model)),
            ("data up to", words.when(model["data_watermark"])),
            ("commit", model["git_commit"] or "unknown"),
            ("run", model["run_id"]),
            ("test scores", ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in scores.items())),
        ]
    lines.append(("predicted from data up to", words.when(said["data_watermark"])))
    table = Table(show_header=False, box=None, padding=(0, 2))
    for name, value in lines:
        table.add_row(name, Text(value))
    console.print(table)


def _stream(stream: dict[str, Any], machine: str, console: Console) -> None:
    if not stream["rows"]:
        console.print(
            f"  none of {machine} in {words.when(stream['since'])} to {words.when(stream['until'])}: retention has"
            " dropped them, or they never came through the lake.",
            markup=False,
            soft_wrap=True,
        )
        return
    later = f"; {stream['came_later']} more came after the prediction" if stream["came_later"] else ""
    console.print(
        f"  {stream['rows']:,} of {machine}, {words.when(stream['first'])} to {words.when(stream['last'])}{later}",
        markup=False,
        soft_wrap=True,
    )
    for file in stream["files"][-_FILES:]:
        # Whole on its line, to be copied into `millwright lake cat`.
        name, first, last = file["file"] or "no longer in the lake", file["first_offset"], file["last_offset"]
        console.print(f"  {name}  offsets {first} to {last}, {file['rows']:,} rows", markup=False, soft_wrap=True)
    if (hidden := len(stream["files"]) - _FILES) > 0:
        console.print(f"  and {hidden} older files: --json lists them all.")


def _events(events: list[dict[str, Any]], console: Console) -> None:
    table = Table("time", "event", "what", "partition, offset", title="Events it knew", title_justify="left")
    for event in events:
        what = event["code"] or event["component"] or ""
        table.add_row(words.when(event["time"]), event["kind"], Text(what), f"{event['partition']}, {event['offset']}")
    console.print(table)
