"""`millwright bench predict`: how long a champion takes for one row, in process."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ml.predictions.one import One

_WARM = 20  # answers that are not counted
_TASKS = ("failure", "rul", "anomaly", "quality")  # a forecast is no answer to a row


@dataclass(frozen=True)
class Answered:
    """Milliseconds of one row's answer, checks of its names and types included."""

    spec: str
    features: int
    p50_ms: float
    p99_ms: float


@click.command()
@click.argument("specs", nargs=-1)
@click.option("--times", default=2_000, show_default=True, type=click.IntRange(10), help="Rows asked, one by one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def predict(specs: tuple[str, ...], times: int, as_json: bool) -> None:
    """How long the champions of SPECS (all that have one) take for a row at a time, held in this process.

    Reads MLflow as the settings name it; the rows are the model's own examples. Changes nothing.
    """
    from ml.predictions.champion import with_champion
    from ml.predictions.one import one
    from ml.spec.load import load_spec

    chosen = [spec for spec in specs or with_champion() if load_spec(spec).task in _TASKS]
    found = [measure(spec, one(spec), times) for spec in chosen]
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found]))
        return
    _show(found)


def measure(spec: str, one: One, times: int) -> Answered:
    """The examples of a model in turn, so many times."""
    import numpy as np

    rows: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in one.model.example.to_dict("records")]
    taken = []
    for number in range(_WARM + times):
        begun = time.perf_counter()
        one(rows[number % len(rows)])
        taken.append(1000 * (time.perf_counter() - begun))
    p50, p99 = np.percentile(taken[_WARM:], [50, 99])
    return Answered(spec, len(one.features), round(float(p50), 3), round(float(p99), 3))


def _show(found: list[Answered]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("spec")
    for name in ("features", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for each in found:
        table.add_row(each.spec, str(each.features), f"{each.p50_ms:.2f}", f"{each.p99_ms:.2f}")
    Console(highlight=False).print(table if found else "No spec has a champion yet: `millwright train SPEC`.")
