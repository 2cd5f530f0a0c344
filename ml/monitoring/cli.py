"""`millwright models monitor`."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def monitor(name: str | None, as_json: bool) -> None:
    """Hold champions against the data since they were trained, and say which to retrain.

    NAME is a spec; without it every spec in ml/specs that has a champion. The reports of drift and data quality lie in
    MLflow, in the version's run under monitoring/.
    """
    from rich.console import Console

    from ml.monitoring.run import run
    from ml.monitoring.show import monitored
    from ml.predictions.champion import with_champion

    console = Console(stderr=as_json, highlight=False)
    found = []
    with console.status("") as status:
        for spec in [name] if name else with_champion():
            status.update(f"{spec}: monitor")
            found.append(run(spec))
    if as_json:
        click.echo(json.dumps(found, allow_nan=False))
    else:
        monitored(found, console)
