"""`millwright alerts`: the service that raises and clears alarms."""

from __future__ import annotations

import click


@click.group()
def alerts() -> None:
    """Alarms on machines whose readings leave their limits."""


@alerts.command()
def run() -> None:
    """Watch all streams that have channels, until stopped. `millwright up` starts this."""
    import logging
    import signal
    import threading

    from streaming.alerts import service

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    service.run(stop.is_set)
