"""`millwright analytics`: the service that tells each channel's minutes, and a look at them."""

from __future__ import annotations

import click


@click.group()
def analytics() -> None:
    """One-minute counts, means and extremes of every channel, as they happen."""


@analytics.command()
def run() -> None:
    """Tell the minutes of all streams that have channels, until stopped. `millwright up` starts this."""
    from millwright import logs
    from streaming.analytics import service
    from streaming.as_service import asked_to_stop

    logs.begin()
    with asked_to_stop() as stop:
        service.run(stop.is_set)


@analytics.command()
@click.option("--machine", help="Only this machine.")
@click.option("--stream", help="Only this stream.")
@click.option("--once", "only_once", is_flag=True, help="Print what is there now, and end.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON; ends, too.")
def watch(machine: str | None, stream: str | None, only_once: bool, as_json: bool) -> None:
    """Show each channel's newest minute, anew each second, until Ctrl-C."""
    import contextlib

    from streaming.analytics import watch as shown

    shown.check(stream)
    if only_once or as_json:
        return shown.once(machine, stream, as_json)
    with contextlib.suppress(KeyboardInterrupt):
        shown.watch(machine, stream)
    return None
