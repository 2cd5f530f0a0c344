"""`millwright predict` and `millwright explain`."""

from __future__ import annotations

import json
from typing import Any

import click

from millwright.errors import MillwrightError


@click.command()
@click.argument("spec", default="failure")
@click.option(
    "--source", "sources", multiple=True, metavar="[NAME=]PLACE", help="A table or path instead of the spec's."
)
@click.option("--output", metavar="FILE", help="Write the rows to this .csv or .parquet file, not to the warehouse.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one line of JSON.")
def predict(spec: str, sources: tuple[str, ...], output: str | None, as_json: bool) -> None:
    """Say with the champion of a spec what the newest data mean."""
    from rich.console import Console

    from ml.predictions.run import run
    from ml.predictions.show import prediction

    console = Console(stderr=as_json, highlight=False)
    with console.status(f"{spec}: predict"):
        result = run(spec, sources, output)
    if as_json:
        click.echo(json.dumps(result, allow_nan=False))
    if not result["predicted"]:
        raise MillwrightError(result["reason"])
    if not as_json:
        prediction(result, console)


@click.command()
@click.argument("prediction_id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(prediction_id: str, as_json: bool) -> None:
    """Show what stands behind a prediction: its model, its reasons, its rows and the lake's files that hold them.

    PREDICTION_ID is a prediction_id of ml.predictions, or KIND:NUMBER: failure:12, rul:12, anomaly:12, quality:12,
    forecast:12.
    """
    from rich.console import Console

    from ml.predictions.explain import explain as gather
    from ml.predictions.show import explained

    found: dict[str, Any] = gather(prediction_id)
    if as_json:
        click.echo(json.dumps(found, default=str))
    else:
        explained(found, Console(highlight=False))
