"""The demo's summary as tables for a person."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

_METRICS = ("average_precision", "precision", "recall", "f1", "failures", "failures_foreseen")


def show(summary: dict[str, Any], console: Console) -> None:
    """Print what was sent and where it is, the model, the machines at risk, and the addresses to open."""
    console.rule("[bold]From topic to warehouse", align="left")
    console.print(_streams(summary))
    marts = ", ".join(f"{name} {rows:,}" for name, rows in summary["marts"].items())
    console.print(f"[bold]marts[/]  {marts}\n")
    console.rule("[bold]The model", align="left")
    if summary["model"]:
        console.print(_model(summary["model"]))
    else:
        console.print("No model was trained: the history holds too few failures.")
    console.rule("[bold]Most at risk", align="left")
    for machine in summary["at_risk"]:
        _machine(machine, console)
    console.rule("[bold]Open", align="left")
    console.print(f"Airflow  {summary['addresses']['airflow']}   user admin, `millwright status --credentials`")
    console.print(f"MLflow   {summary['addresses']['mlflow']}")
    total = sum(summary["seconds"].values())
    console.print(f"[dim]{total:.0f} s in all. `millwright down` stops the stack; what it holds is kept.[/]")


def _streams(summary: dict[str, Any]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("stream", "sent", "accepted", "quarantined", "silver", "raw", "why quarantined"):
        table.add_column(name, justify="left" if name in {"stream", "why quarantined"} else "right")
    for row in summary["streams"]:
        reasons = ", ".join(f"{reason} {n:,}" for reason, n in sorted(row["quarantined"].items()))
        rejected = sum(row["quarantined"].values())
        sent = "" if row["sent"] is None else f"{row['sent']:,}"
        counts = (row["accepted"], rejected, row["silver"], row["raw"])
        table.add_row(row["stream"], sent, *(f"{count:,}" for count in counts), reasons)
    return table


def _model(model: dict[str, Any]) -> Table:
    shown = {name: metrics for name, metrics in model["metrics"].items() if isinstance(metrics, dict)}
    table = Table("test days", *shown, box=None, header_style="bold")
    for name in _METRICS:
        if any(name in metrics for metrics in shown.values()):
            cells = [f"{metrics[name]:.3f}" if name in metrics else "" for metrics in shown.values()]
            table.add_row(name.replace("_", " "), *cells)
    verdict = "promoted" if model["promoted"] else "not promoted"
    table.caption = f"failure version {model['to_version']}, {verdict}: {model['reason']}"
    table.caption_justify = "left"
    return table


def _machine(machine: dict[str, Any], console: Console) -> None:
    probability = machine["predicted_failure_prob"]
    colour = {"Critical": "red", "Warning": "yellow"}.get(machine["health_status"], "green")
    console.print(
        f"[{colour}]{probability:6.1%}[/] [bold]{machine['equipment_name']}[/] ({machine['equipment_id']})"
        f"  [dim]{machine['model_name']} version {machine['model_version']}, data up to"
        f" {machine['data_watermark']:%Y-%m-%d %H:%M}[/]"
    )
    said = [_factor(factor) for factor in machine["factors"][:3]]
    if said:
        console.print(f"        because: {'; '.join(said)}")
    if machine["recommendation"]:
        console.print(f"        do: {machine['recommendation']}")


def _factor(factor: dict[str, Any]) -> str:
    name = factor.get("label", factor["feature"])
    return name if factor["value"] is None else f"{name} = {factor['value']:g}"
