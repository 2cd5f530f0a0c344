"""`millwright dashboards`."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def dashboards() -> None:
    """The plant's dashboards, kept as YAML: check them, bring them to Metabase, or look at them in a preview."""


@dashboards.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def check(folder: Path | None) -> None:
    """Hold the files against what they may say, and against the marts that dbt makes.

    FOLDER holds site.yml and boards/; without it, those shipped.
    """
    from dashboards.spec.read import load

    found = load(folder)
    questions = sum(len(board.questions) for board in found.boards.values())
    click.echo(f"{len(found.boards)} dashboards with {questions} questions hold.")


@dashboards.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def plan(as_json: bool) -> None:
    """Show what `apply` would make, change and remove in Metabase. Exits with 2 when something differs."""
    from dashboards.metabase.run import plan as show

    if show(as_json):
        raise SystemExit(2)


@dashboards.command()
@click.option("--wait", default=300.0, show_default=True, help="Seconds to wait for a Metabase that is starting.")
def apply(wait: float) -> None:
    """Bring Metabase to what the files say; a new one is set up first. What others made is left alone."""
    from dashboards.metabase.run import apply as do

    do(wait)


@dashboards.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(yes: bool) -> None:
    """Take away from Metabase what `apply` made, but what others would lose by it."""
    from dashboards.metabase.run import destroy as do

    if not yes:
        click.confirm("Take all of Millwright's dashboards, questions and collections out of Metabase?", abort=True)
    do()


@dashboards.command()
@click.argument("folder", type=click.Path(path_type=Path))
def pull(folder: Path) -> None:
    """Write the dashboards as they are in Metabase to FOLDER, with what was changed there by hand.

    Compare with dashboards/boards and take over what should stay; the next `apply` undoes the rest.
    """
    from dashboards.metabase.run import pull as do

    do(folder)


@dashboards.command()
@click.option("--port", type=int, help="Port on 127.0.0.1.  [default: MILLWRIGHT_PREVIEW_PORT, 3011]")
def preview(port: int | None) -> None:
    """Show the dashboards in a local web page, read-only, without Metabase. Ends with Ctrl-C."""
    from dashboards.preview.serve import serve
    from millwright.settings import settings

    chosen = port or settings().preview_port
    click.echo(f"The dashboards' preview is at http://127.0.0.1:{chosen}. Ctrl-C ends it.")
    serve(chosen)


@dashboards.command()
@click.option("--week", default="", help="An ISO week such as 2026-W14.  [default: the last whole one of the data]")
@click.option("--out", type=click.Path(path_type=Path), help="Folder.  [default: reports/ of the state folder]")
@click.option("--send", is_flag=True, help="Mail it, too.")
@click.option("--to", default="", help="Addresses, parted by commas.  [default: MILLWRIGHT_REPORT_EMAIL_TO]")
def report(week: str, out: Path | None, send: bool, to: str) -> None:
    """Write the executive report of a week: OEE, quality, failures foreseen and missed, as HTML and PDF."""
    from dashboards.report import run

    made = run.make(week, out)
    click.echo(f"{made.html}\n{made.pdf} (by {made.made_by})")
    if send or to:
        click.echo(f"Sent to {run.send(made, to)}.")


@dashboards.command()
@click.argument("folder", default="docs/pictures", type=click.Path(path_type=Path))
@click.option("--every", is_flag=True, help="All pages: light, dark, and as wide as a phone.")
def pictures(folder: Path, every: bool) -> None:
    """Take a picture of each dashboard as the preview shows it now, into FOLDER. Needs Debian's chromium."""
    from dashboards.preview.pictures import take

    for path in take(folder, every):
        click.echo(f"{path} {path.stat().st_size / 1000:.0f} kB")
