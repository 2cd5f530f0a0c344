"""Tables for people: a training, a prediction run, models and their versions."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

_SCORES = ("average_precision", "roc_auc", "precision", "recall", "f1")
_EVENTS = {
    "failures": "{:.0f}",
    "failures_foreseen": "{:.0f}",
    "median_lead_hours": "{:.0f} h",
    "false_alarms": "{:.0f}",
    "false_alarms_per_machine_month": "{:.2f}",
}


def training(result: dict[str, Any], console: Console) -> None:
    """Metrics beside the naive rule's and the champion's, and what was decided."""
    baseline, champion = result["baseline"], result["champion"]
    table = Table(
        "test part", "model", f"naive ({baseline['rule'].replace('_', ' ')})", *(["champion"] if champion else [])
    )
    for name in (*_SCORES, *_EVENTS):
        columns = [result["metrics"], baseline, *([champion] if champion else [])]
        cells = [_EVENTS.get(name, "{:.3f}").format(column[name]) if name in column else "" for column in columns]
        if low := result["metrics"].get(f"{name}_low"):
            cells[0] += f" ({low:.3f} to {result['metrics'][f'{name}_high']:.3f})"
        table.add_row(name.replace("_", " "), *cells)
    console.print(table)
    verdict = "[green]promoted[/]" if result["promoted"] else "[yellow]not promoted[/]"
    console.print(
        f"[bold]{result['model']}[/] version {result['version']}, {verdict}: {result['reason']}", soft_wrap=True
    )


def prediction(result: dict[str, Any], console: Console) -> None:
    """What a prediction run wrote."""
    console.print(
        f"[bold]{result['model']}[/] version {result['version']}, data up to {result['data_watermark']}:"
        f" {result['machines']} machines, {result['at_risk']} at risk, {result['written']} predictions written,"
        f" {result['silent']} machines silent for a week.",
        soft_wrap=True,
    )


def models(found: list[dict[str, Any]], console: Console) -> None:
    """One line per model."""
    table = Table("model", "versions", "champion", "previous")
    for model in found:
        table.add_row(model["model"], str(model["versions"]), _or_none(model["champion"]), _or_none(model["previous"]))
    console.print(table)


def versions(name: str, found: list[dict[str, Any]], console: Console) -> None:
    """One line per version of a model."""
    table = Table("version", "", "data up to", "average precision", "f1", "naive", "decision", title=name)
    for version in found:
        metrics = version["metrics"]
        scores = [metrics.get(key) for key in ("average_precision", "f1", "baseline_average_precision")]
        promoted, reason, _ = version["decision"] or (None, "not decided yet", "")
        verdict = {True: "promoted. ", False: "not promoted. ", None: ""}[promoted]
        table.add_row(
            str(version["version"]),
            ", ".join(version["aliases"]),
            (version["data_watermark"] or "")[:16].replace("T", " "),
            *("" if score is None else f"{score:.3f}" for score in scores),
            verdict + reason,
        )
    console.print(table)


def _or_none(version: int | None) -> str:
    return "none" if version is None else str(version)
