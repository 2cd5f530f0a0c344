"""`millwright backup | restore`."""

from __future__ import annotations

from pathlib import Path

import click

from millwright.errors import MillwrightError
from millwright.settings import Settings, settings

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


@click.command()
@_FOLDER
def backup(folder: Path) -> None:
    """Copy databases, MLflow's artifacts and positions to the new FOLDER, while the platform goes on.

    The lake is not copied: it is kept by its own store, or by a copy of its folder.
    """
    from infra.local.backup.save import save

    config = settings()
    made = save(config, folder, _say)
    parts = [*made.databases.values(), *made.folders.values()]
    click.echo(f"{folder}: {', '.join(made.databases)}; {', '.join(made.folders) or 'no files'}.")
    click.echo(f"{sum(part.bytes for part in parts) / 1e6:,.1f} MB, {len(made.tables)} tables with checksums.")
    click.echo(f"Not in it: the lake ({made.lake}). Keep a copy of its bronze; the rest can be made from that.")


@click.command()
@_FOLDER
@click.option("--replace", is_flag=True, help="Give up what the target holds.")
def restore(folder: Path, replace: bool) -> None:
    """Bring the stack to the backup in FOLDER. Stop the platform first; `millwright up` afterwards."""
    from infra.local import stack
    from infra.local.backup.put_back import restore as put_back

    config = settings()
    _require_stopped(config)
    stack.up(config, {"postgres"})
    found = put_back(config, folder, replace, _say)
    click.echo(f"Restored to {found.made_at}: {', '.join([*found.databases, *found.folders])}.")
    click.echo("Next: `millwright up`, then `millwright doctor`, which holds the watermarks against the lake.")


def _say(step: str) -> None:
    click.echo(f"- {step}")


def _require_stopped(config: Settings) -> None:
    from infra.local.stack import supervised, wanted

    running = [name for name in wanted(config) if name != "postgres" and supervised(config, name).running()]
    if running:
        raise MillwrightError(f"These are running: {', '.join(running)}.", "Stop them first: `millwright down`.")
