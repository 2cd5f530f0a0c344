"""Tables for people: a training, a prediction run, models and their versions."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ml.data import is_count

_COUNTS = ("failures", "failures_foreseen", "alarms", "false_alarms")
_HIDDEN = ("threshold",)


def training(result: dict[str, Any], console: Console) -> None:
    """Metrics beside the naive rule's and the champion's, and what was decided."""
    baseline, champion = result["baseline"], result["champion"]
    table = Table(
        "test part", "model", f"naive ({baseline['rule'].replace('_', ' ')})", *(["champion"] if champion else [])
    )
    unit = "steps" if is_count(result["data_watermark"]) else "h"
    columns = [result["metrics"], baseline, *([champion] if champion else [])]
    for name in (name for name in result["metrics"] if not name.endswith(("_low", "_high")) and name not in _HIDDEN):
        cells = [_number(name, column[name], unit) if name in column else "" for column in columns]
        if f"{name}_low" in result["metrics"]:
            low, high = (result["metrics"][f"{name}_{end}"] for end in ("low", "high"))
            cells[0] += f" ({_number(name, low, unit)} to {_number(name, high, unit)})"
        table.add_row(name.replace("_", " "), *cells)
    console.print(table)
    verdict = "[green]promoted[/]" if result["promoted"] else "[yellow]not promoted[/]"
    console.print(
        f"[bold]{result['model']}[/] version {result['version']}, {verdict}: {escape(result['reason'])}", soft_wrap=True
    )


def _number(name: str, value: float, unit: str) -> str:
    if name in _COUNTS:
        return f"{value:.0f}"
    return f"{value:.0f} {unit}" if name.endswith("_hours") else f"{value:.3f}"


def models(found: list[dict[str, Any]], console: Console) -> None:
    """One line per model."""
    table = Table("model", "versions", "champion", "previous")
    for model in found:
        table.add_row(model["model"], str(model["versions"]), _or_none(model["champion"]), _or_none(model["previous"]))
    console.print(table)


def versions(name: str, found: list[dict[str, Any]], console: Console) -> None:
    """One line per version of a model, with the metric that it was compared by."""
    metric = next((version["metric"] for version in found if version["metric"]), "")
    table = Table("version", "", "data up to", metric.replace("_", " "), "naive", "decision", title=name)
    for version in found:
        scores = [version["metrics"].get(key) for key in (metric, f"baseline_{metric}")]
        said = [
            f"{'promoted' if promoted else 'not promoted'}. {reason}" for promoted, reason, _ in version["decisions"]
        ]
        table.add_row(
            str(version["version"]),
            ", ".join(version["aliases"]),
            (version["data_watermark"] or "")[:16].replace("T", " "),
            *("" if score is None else f"{score:.3f}" for score in scores),
            escape("\n".join(said) or "not decided yet"),
        )
    console.print(table)


def _or_none(version: int | None) -> str:
    return "none" if version is None else str(version)
