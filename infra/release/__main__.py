"""`python -m infra.release [FOLDER]`: build a release of this checkout."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from infra.release.build import build
from infra.release.changelog import section
from millwright.errors import MillwrightError
from millwright.settings import ROOT


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=ROOT / "dist")
def release(folder: Path) -> None:
    """Build the wheel, the images' context, SBOM, licences, notes and checksums into FOLDER."""
    try:
        made = build(ROOT, folder)
    except MillwrightError as error:
        click.echo(f"Error: {error.message}\n{error.remedy}", err=True)
        sys.exit(1)
    for path in made:
        click.echo(f"{path.stat().st_size / 1e6:8.2f} MB  {path}")
    version = next(path.name.split("-")[1] for path in made if path.suffix == ".whl")
    if section((ROOT / "CHANGELOG.md").read_text(), version)[0] is None:
        click.echo("A trial: CHANGELOG.md gives the version no date yet.")


release()
