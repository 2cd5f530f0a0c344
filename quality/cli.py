"""`millwright quality`."""

from __future__ import annotations

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(invoke_without_command=True)
@click.option("--stream", "streams", multiple=True, help="Only this stream; may be given more than once.")
@click.option("--hours", default=1, show_default=True, help="So many hours of each stream, the newest first.")
@_JSON
@click.pass_context
def quality(ctx: click.Context, streams: tuple[str, ...], hours: int, as_json: bool) -> None:
    """How good the data is: what was valid, null, late or missing in the last hours, and what is in breach.

    It shows what was measured last; `millwright quality run` measures, as Airflow does every hour.
    """
    if ctx.invoked_subcommand is None:
        from quality.show import show

        show(streams, hours, as_json)


@quality.command()
@_JSON
def run(as_json: bool) -> None:
    """Measure what has come, bring the marts up to date, and send alerts of breaches."""
    import json

    from rich.console import Console
    from rich.table import Table

    from quality.alerts import raise_alerts
    from quality.run import count, refresh

    measured = count()
    refresh()
    sent = raise_alerts()
    if as_json:
        click.echo(json.dumps({"measured": measured, "alerts": sent}))
        return
    table = Table("stream", "files", "accepted", "rejected", "not measured", box=None, header_style="bold")
    for each in measured or []:
        table.add_row(each["stream"], *(f"{each[name]:,}" for name in ("files", "accepted", "rejected", "unmeasured")))
    console = Console(highlight=False)
    console.print(table)
    for alert in sent:
        console.print(f"{alert['state']}: {alert['message']}", soft_wrap=True, markup=False)
    console.print(f"{len(sent)} alerts sent." if sent else "No alerts to send.")
