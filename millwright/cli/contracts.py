"""`millwright contracts`: look at the streams, check a change, derive what follows from them."""

from __future__ import annotations

import click


@click.group()
def contracts() -> None:
    """The streams: what they hold, and whether a change to them is safe."""


@contracts.command("ls")
def ls() -> None:
    """List the streams."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from millwright.contracts import contracts as streams

    table = Table("stream", "raw table", "fields", "one record per", "what")
    for c in streams().values():
        table.add_row(c.stream, f"raw.{c.table}", str(len(c.fields)), ", ".join(c.unique), escape(c.doc.split(". ")[0]))
    Console().print(table)


@contracts.command()
@click.argument("stream")
def show(stream: str) -> None:
    """Show a stream's fields with units and valid ranges."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from millwright.contracts import contract

    c = contract(stream)
    console = Console(highlight=False)
    console.print(f"[bold]{c.stream}[/]  {escape(c.doc)}", soft_wrap=True)
    console.print(f"topic {c.topic}, key {c.key}, table raw.{c.table}, one record per {', '.join(c.unique)}")
    table = Table("field", "type", "unit", "valid", "what")
    for f in c.fields:
        valid = ", ".join(f.allowed or ()) or (f"{_end(f.valid[0])} … {_end(f.valid[1])}" if f.valid else "")
        table.add_row(f.name, f.avro_type + (", optional" if f.nullable else ""), f.unit, escape(valid), escape(f.doc))
    console.print(table)


def _end(value: object) -> str:
    return "" if value is None else str(value)


@contracts.command()
@click.option("--against", metavar="REF|DIR", help="Git revision or folder.  [default: origin/main if any, else HEAD]")
@click.option("--registry", is_flag=True, help="Fail when the registry cannot be asked.")
def check(against: str | None, registry: bool) -> None:
    """Refuse a change that old or new readers could not live with.

    Compares with git, and with every registered version when the registry answers.
    """
    from rich.console import Console
    from rich.table import Table

    from millwright.compatibility import incompatibilities
    from millwright.contract_versions import contracts_at, default_reference, registered_versions
    from millwright.contracts import contracts as streams
    from millwright.errors import MillwrightError, Unavailable
    from millwright.settings import settings

    console = Console(highlight=False)
    now, directory = streams(), settings().contracts_dir
    compared: list[str] = []
    problems: dict[tuple[str, str, str], str] = {}
    if reference := against or default_reference(directory):
        compared.append(reference)
        for p in incompatibilities(contracts_at(reference, directory), now):
            problems.setdefault((p.stream, p.field, p.reason), reference)
    try:
        versions = registered_versions(now.values())
        if versions:
            compared.append("the registry")
        for version, registered in versions.items():
            for p in incompatibilities(registered, now):
                problems.setdefault((p.stream, p.field, p.reason), f"registered version {version}")
    except Unavailable as error:
        if registry:
            raise
        console.print(f"[dim]Not compared with the registry: {error.message}[/]", soft_wrap=True)
    if problems:
        table = Table("stream", "field", "why it is refused", "against")
        for (stream, field, reason), source in sorted(problems.items()):
            table.add_row(stream, field, reason, source)
        console.print(table)
        stream, field, reason = min(problems)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise MillwrightError(
            f"{stream}: {field}: {reason}{more}.", "A new optional field with a default is always safe."
        )
    console.print(f"{len(now)} streams are compatible with {' and '.join(compared) or 'nothing: no history here'}.")


@contracts.command()
@click.option("--quiet", is_flag=True, help="Say nothing when nothing changed.")
def generate(quiet: bool) -> None:
    """Derive dbt's sources, staging models and profile from the contracts."""
    from rich.console import Console

    from millwright.dbt_sources import generate as derive

    changed = derive()
    if changed or not quiet:
        for path in changed:
            Console().print(path, soft_wrap=True, highlight=False)
        Console().print(f"{len(changed)} files changed.")


@contracts.command()
def register() -> None:
    """Register every stream's schema with the registry."""
    from rich.console import Console

    from millwright.registry import register_all

    for subject, schema_id in register_all().items():
        Console().print(f"{subject}: schema id {schema_id}", highlight=False)
