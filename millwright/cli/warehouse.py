"""`millwright warehouse ls | expire`: the months that schema raw holds, and how long it keeps them."""

from __future__ import annotations

from datetime import date, datetime

import click
from rich.console import Console
from rich.table import Table


@click.group()
def warehouse() -> None:
    """What the warehouse's raw tables hold, and for how long."""


@warehouse.command("ls")
def ls() -> None:
    """The raw tables: months, rows (as Postgres last counted), size, and how many months are kept."""
    from millwright.derived import raw_tables
    from millwright.retention import months
    from millwright.settings import settings

    shown = Table("table", "from", "to", "months", "rows", "MiB", "kept")
    for spec in raw_tables().values():
        held = months(spec.table)
        kept = settings().warehouse_retention_months.get(spec.table)
        ends = (f"{held[0].month:%Y-%m}", f"{held[-1].month:%Y-%m}") if held else ("-", "-")
        rows = sum(max(month.rows, 0) for month in held)
        size = sum(month.size for month in held) / 1024**2
        shown.add_row(
            spec.table, *ends, str(len(held)), f"{rows:,}", f"{size:,.1f}", "all" if kept is None else f"{kept} months"
        )
    Console().print(shown)


@warehouse.command()
@click.argument("table")
@click.option(
    "--before",
    "month",
    type=click.DateTime(["%Y-%m", "%Y-%m-%d"]),
    required=True,
    help="Months before this one are dropped.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def expire(table: str, month: datetime, yes: bool) -> None:
    """Drop a raw table's old months, and never load them again; the lake keeps them.

    Models follow at the next `dbt build`, as they follow any deletion.
    """
    from millwright.retention import expire as drop
    from millwright.retention import months

    before = date(month.year, month.month, 1)
    if not yes:
        going = [held for held in months(table) if held.month < before]
        click.confirm(f"Drop {len(going)} months of raw.{table} before {before:%Y-%m}?", abort=True)
    done = drop(table, before)
    click.echo(f"{done.months} months dropped, {done.rows:,} rows; raw.{table} begins at {before:%Y-%m} from now on.")
