"""`millwright alerts`: the services that raise alarms and tell people, and what is raised now."""

from __future__ import annotations

import click


@click.group()
def alerts() -> None:
    """Alarms: limits, rates of change, stuck values, silence, stops and errors."""


@alerts.command()
def run() -> None:
    """Judge all readings and events as they come, until stopped. `millwright up` starts this."""
    from millwright import logs
    from streaming.alerts import service
    from streaming.as_service import asked_to_stop

    logs.begin()
    with asked_to_stop() as stop:
        service.run(stop.is_set)


@alerts.command()
def notify() -> None:
    """Tell people of alerts by webhook and mail, until stopped. `millwright up` starts this where one is configured."""
    from millwright import logs
    from streaming.alerts import notify as service
    from streaming.as_service import asked_to_stop

    logs.begin()
    with asked_to_stop() as stop:
        service.run(stop.is_set)


@alerts.command()
def test() -> None:
    """Send a test message on every way that is configured, and say what happened."""
    import uuid
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.markup import escape

    from millwright.errors import MillwrightError
    from millwright.notify import Notice, configured, tell

    ways = configured()
    if not ways:
        raise MillwrightError(
            "There is nobody to send a test to.",
            "Set MILLWRIGHT_ALERT_WEBHOOK_URL, or MILLWRIGHT_SMTP_HOST and MILLWRIGHT_ALERT_EMAIL_TO.",
        )
    about = {"equipment_id": "test", "rule": "test"}
    title = "This is a test of Millwright's alerts: nothing is the matter."
    outcomes = tell([Notice(uuid.uuid4().hex, "raised", "warning", title, datetime.now(UTC), about)], ways)
    console = Console(highlight=False)
    for outcome in outcomes:
        mark = "[green]delivered[/]" if outcome.delivered else "[red]not delivered[/]"
        console.print(f"{outcome.way}: {mark}: {escape(outcome.said)}", soft_wrap=True)
    if not all(outcome.delivered for outcome in outcomes):
        raise MillwrightError("Not everybody could be told.", "Mend the addresses above; docs/alerts.md has examples.")


@alerts.command("ls")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_standing(as_json: bool) -> None:
    """Show which alarms are raised now, as the service that runs here saved it (at most seconds ago)."""
    import json

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from streaming.alerts.standing import standing

    found = standing()
    if as_json:
        click.echo(json.dumps(found))
        return
    if not found:
        click.echo("No alarm is raised.")
        return
    table = Table("raised (UTC)", "severity", "machine", "rule", "about", "value", box=None, header_style="bold")
    for alarm in found:
        value = "" if alarm["value"] is None else f"{alarm['value']:g}"
        colour = "red" if alarm["severity"] == "critical" else "yellow"
        severity = f"[{colour}]{alarm['severity']}[/]"
        table.add_row(
            alarm["raised"][:19], severity, *map(escape, (alarm["equipment_id"], alarm["rule"], alarm["about"])), value
        )
    Console().print(table)
