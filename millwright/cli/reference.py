"""`millwright reference`: plants, shifts, products, defect types, alarm limits, recommendations."""

from __future__ import annotations

import click


@click.group()
def reference() -> None:
    """Reference data: files under contracts/reference, and their tables in the warehouse."""


@reference.command()
def check() -> None:
    """Read every file; say what is wrong with the first that is."""
    from rich.console import Console

    from millwright.reference import read
    from millwright.reference_entries import TABLES

    for table in TABLES:
        Console().print(f"{table}: {len(read(table))} entries", highlight=False)


@reference.command("apply")
def apply_() -> None:
    """Bring the warehouse's schema `reference` to what the files say."""
    from rich.console import Console

    from millwright.reference import apply

    changed = apply()
    for table, count in changed.items():
        Console().print(f"reference.{table}: {count} entries applied", highlight=False)
    if not changed:
        Console().print("Nothing to apply: the warehouse holds what the files say.")
