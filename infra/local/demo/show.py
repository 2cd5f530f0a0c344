"""The demo's summary as tables for a person."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_COUNTS = ("failures", "failures_foreseen")
_METRICS = ("average_precision", "precision", "recall", "f1", *_COUNTS)


def show(summary: dict[str, Any], console: Console) -> None:
    """Print what was sent and where it is, the model, the machines at risk, and the addresses to open."""
    console.rule("[bold]From topic to warehouse", align="left")
    _streams(summary, console)
    marts = ", ".join(f"{name} {rows:,}" for name, rows in summary["marts"].items())
    console.print(f"[bold]marts[/] {marts}", soft_wrap=True)
    console.rule("[bold]The model", align="left")
    if summary["model"]:
        _model(summary["model"], console)
    else:
        console.print("No model was trained; the log of ml_model_training says why.")
    console.rule("[bold]Most at risk", align="left")
    for machine in summary["at_risk"]:
        _machine(machine, console)
    console.rule("[bold]Open", align="left")
    console.print(f"Airflow  {summary['addresses']['airflow']}   user admin, `millwright status --credentials`")
    console.print(f"MLflow   {summary['addresses']['mlflow']}")
    total = sum(summary["seconds"].values())
    console.print(f"[dim]{total:.0f} s in all. `millwright down` stops the stack; what it holds is kept.[/]")


def _streams(summary: dict[str, Any], console: Console) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 1))
    table.add_column("stream", no_wrap=True)
    for name in ("sent", "accepted", "rejected", "silver", "raw"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in summary["streams"]:
        sent = "" if row["sent"] is None else f"{row['sent']:,}"
        rejected = sum(row["quarantined"].values())
        table.add_row(row["stream"], sent, *(f"{n:,}" for n in (row["accepted"], rejected, row["silver"], row["raw"])))
    console.print(table)
    for row in summary["streams"]:
        reasons = ", ".join(f"{n:,} {reason}" for reason, n in sorted(row["quarantined"].items()))
        if reasons:
            console.print(f"[bold]in quarantine[/] {row['stream']}: {reasons}", soft_wrap=True)


def _model(model: dict[str, Any], console: Console) -> None:
    shown = {name: metrics for name, metrics in model["metrics"].items() if isinstance(metrics, dict)}
    table = Table("on the test days", *shown, box=None, header_style="bold")
    for name in _METRICS:
        if any(name in metrics for metrics in shown.values()):
            cells = [_number(name, metrics[name]) if name in metrics else "" for metrics in shown.values()]
            table.add_row(name.replace("_", " "), *cells)
    console.print(table)
    verdict = "promoted" if model["promoted"] else "not promoted"
    console.print(f"failure version {model['to_version']}, {verdict}. {escape(model['reason'])}", soft_wrap=True)


def _number(name: str, value: float) -> str:
    return f"{value:.0f}" if name in _COUNTS else f"{value:.3f}"


def _machine(machine: dict[str, Any], console: Console) -> None:
    probability = machine["predicted_failure_prob"]
    colour = {"Critical": "red", "Warning": "yellow"}.get(machine["health_status"], "green")
    console.print(
        f"[{colour}]{probability:6.1%}[/] [bold]{machine['equipment_name']}[/] ({machine['equipment_id']})"
        f"  [dim]{machine['model_name']} version {machine['model_version']}, data up to"
        f" {machine['data_watermark']:%Y-%m-%d %H:%M}[/]",
        soft_wrap=True,
    )
    said = [_factor(factor) for factor in machine["factors"][:3]]
    if said:
        console.print(f"        because: {escape('; '.join(said))}", soft_wrap=True)
    if machine["recommendation"]:
        console.print(f"        do: {machine['recommendation']}", soft_wrap=True, markup=False)


def _factor(factor: dict[str, Any]) -> str:
    name = factor.get("label", factor["feature"])
    return name if factor["value"] is None else f"{name} = {factor['value']:g}"
