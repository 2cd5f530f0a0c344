"""`millwright demo`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder with the Azure PdM files, instead of a simulation."
)
@click.option("--machines", default=20, show_default=True, help="Simulated machines.")
@click.option("--days", default=90, show_default=True, help="Days of simulated history.")
@click.option("--live", "live_seconds", default=60, show_default=True, help="Seconds of live readings at the end.")
def demo(data: Path | None, machines: int, days: int, live_seconds: int) -> None:
    """Take a plant's readings all the way from Kafka to predictions, and show what came of them."""
    import json

    from rich.console import Console

    from infra.local.demo.run import Demo
    from infra.local.demo.show import show
    from infra.local.demo.summary import gather, nothing_lost
    from millwright.errors import MillwrightError
    from millwright.settings import settings

    if data is not None and not data.is_dir():
        raise MillwrightError(f"There is no folder {data}.", "Give the folder that holds PdM_telemetry.csv.")
    console = Console(highlight=False)
    run = Demo(console, data, machines, days, live_seconds)
    run.run()
    summary = gather(run.ledger.sent(), run.steps)
    path = settings().state_dir / "demo-summary.json"
    path.write_text(json.dumps(summary, indent=2, default=str))
    show(summary, console)
    console.print(f"[dim]The same as JSON: {path}[/]")
    if not nothing_lost(summary):
        raise MillwrightError("The counts do not add up: see the table above.", "Please report this as a defect.")
