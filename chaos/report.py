"""What a person reads at the end of a run."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from chaos.fuzz.run import Found
from chaos.run import Result

_SHOWN = 10  # sentences of one kind


def show(result: Result, seed: int) -> None:
    """The table of what was done and what became of the records; the faults as sentences. On stderr."""
    console, found = Console(stderr=True, highlight=False), result.account
    done = Table("what was done", "times", box=None, header_style="bold")
    done.add_row("workers killed by SIGKILL", str(result.kills))
    for name, times in result.events.counts.items():
        if name != "killed":
            done.add_row(name, str(times))
    became = Table("records", "", box=None, header_style="bold")
    for name in ("sent", "landed", "quarantined"):
        became.add_row(name, f"{getattr(found, name):,}")
    faults = {name: getattr(found, name) for name in ("lost", "doubled", "altered", "misjudged", "strange")}
    for name, entries in faults.items():
        became.add_row(name, f"{len(entries):,}")
    console.print(done, became, f"disk: {result.disk}", sep="\n\n")
    for entry in [*result.chain, *result.conduct]:
        console.print(f"[bold red]✗[/] {entry}", soft_wrap=True)
    for name, entries in faults.items():
        for entry in entries[:_SHOWN]:
            console.print(f"[bold red]✗[/] {name}: {entry}", soft_wrap=True)
    if result.is_right:
        console.print(f"[green]✓[/] Nothing is lost, doubled or altered, and the chain is whole (seed {seed}).")
        return
    console.print(f"Repeat the plan with --seed {seed}; logs and lake of this run: {result.kept}", soft_wrap=True)


def show_fuzz(found: Found, seed: int) -> None:
    """What became of the mutated messages, and the faults with the bytes that show them. On stderr."""
    console = Console(stderr=True, highlight=False)
    table = Table("mutated messages", f"{found.given:,}", box=None)
    table.add_row("accepted, decoding to the same values", f"{found.accepted:,}")
    for reason, count in found.rejected.most_common(12):
        table.add_row(f"rejected: {reason}", f"{count:,}")
    table.add_row("sound neighbours, all unharmed" if not found.faulty else "sound neighbours", f"{found.sound:,}")
    table.add_row("faults", f"{found.faulty:,}")
    console.print(table)
    for fault in found.faults[:_SHOWN]:
        console.print(f"✗ {fault}", soft_wrap=True, markup=False)
    if found.faulty:
        console.print(f"Repeat with --seed {seed}.")
