"""`millwright metrics` and `millwright trace`."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def metrics() -> None:
    """Figures for Prometheus, its configuration for the embedded stack, and Grafana's dashboards."""


@metrics.command()
@click.option("--port", type=int, help="Port to listen on.  [default: MILLWRIGHT_EXPORTER_PORT, 9570]")
def serve(port: int | None) -> None:
    """Show what the stores say of loads, DAGs, models and disks, until stopped. `millwright up` starts it."""
    import signal
    import threading

    from infra.monitoring.exporter.serve import serve as show
    from millwright import logs
    from millwright.settings import settings

    logs.begin()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    show(settings().exporter_port if port is None else port, stop.wait)


@metrics.command()
def config() -> None:
    """Print a prometheus.yml that watches the stack of these settings: `> prometheus.yml`, then start Prometheus."""
    from infra.monitoring.prometheus.config import embedded
    from millwright.settings import settings

    click.echo(embedded(settings()), nl=False)


@metrics.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when a file is not what the code makes.")
def dashboards(check: bool) -> None:
    """Write Grafana's dashboards from their code."""
    from infra.monitoring.grafana.files import differing, write

    for path in differing() if check else write():
        click.echo(path)
        if check:
            raise SystemExit(1)


@click.command()
@click.argument("record", metavar="STREAM/PARTITION/OFFSET")
@click.argument("logs", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="[LOG]...")
def trace(record: str, logs: tuple[Path, ...]) -> None:
    """Follow one record through the logs: its file, its commit to silver, its load, what was predicted next.

    LOGs are files or folders of them.  [default: those of the embedded stack]
    """
    from infra.monitoring.trace import of_stack, parse, way

    for found in way(parse(record), logs or of_stack()):
        click.echo(found)
