"""`millwright chaos`."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def chaos() -> None:
    """Prove that nothing is lost, doubled or altered, whatever happens. Touches no stack but its own."""


@chaos.command()
@click.option("--kills", default=100, show_default=True, help="SIGKILLs of workers; all else comes in proportion.")
@click.option("--seed", type=int, help="Repeat a plan; left out, one is drawn and shown.")
@click.option("--rate", default=800, show_default=True, help="Records sent a second, on average.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), help="Write down here what was done, and when.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON on the last line.")
def sink(kills: int, seed: int | None, rate: int, log: Path | None, as_json: bool) -> None:
    """Kill, stop, starve and confuse three sink workers, then account for every record."""
    import json
    import secrets
    import sys

    from chaos.progress import Progress
    from chaos.report import show
    from chaos.run import run

    seed = secrets.randbelow(1_000_000) if seed is None else seed
    with Progress("disturbances") as progress:
        progress.step(f"seed {seed}")
        result = run(kills, seed, rate, progress)
    show(result, seed)
    if log is not None:
        log.write_text(result.events.text(seed))
    if as_json:
        click.echo(json.dumps(result.as_dict()))
    if not result.is_right:
        sys.exit(1)


@chaos.command()
@click.option("--days", default=30, show_default=True, help="Days of history that are backfilled, twice.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON on the last line.")
def airflow(days: int, as_json: bool) -> None:
    """Backfill a month twice, miss a run, break a day, and kill Airflow's parts in mid-run; compare all tables."""
    import json
    import sys

    from chaos.days import run
    from chaos.progress import Progress

    with Progress("trials") as progress:
        found = run(days, progress, lambda finding: click.echo(finding.line))
    if as_json:
        click.echo(json.dumps([finding.__dict__ for finding in found]))
    if not all(finding.holds for finding in found):
        sys.exit(1)


@chaos.command()
def alarms() -> None:
    """Make the fault that each of Prometheus' rules is for, and tell how soon it fires. Needs Prometheus."""
    from chaos.alarms.run import drill

    drill(click.echo)


@chaos.command()
@click.option("--messages", default=1_000_000, show_default=True, help="Mutated messages; sound ones come beside them.")
@click.option("--seed", type=int, help="Repeat the same messages; left out, a seed is drawn and shown.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON on the last line.")
def fuzz(messages: int, seed: int | None, as_json: bool) -> None:
    """Mutate messages of every stream, and hold the sink's judgement on each against a second opinion."""
    import json
    import secrets
    import sys

    from chaos.fuzz.run import fuzz as run
    from chaos.progress import Progress
    from chaos.report import show_fuzz

    seed = secrets.randbelow(1_000_000) if seed is None else seed
    with Progress("messages") as progress:
        progress.step(f"seed {seed}")
        found = run(messages, seed, lambda done: progress.step("mutated messages judged", done, messages))
    show_fuzz(found, seed)
    if as_json:
        click.echo(json.dumps(found.as_dict()))
    if found.faulty:
        sys.exit(1)
