"""`millwright bench`: what this machine reaches, beside a bound and the peers, all in one run."""

from __future__ import annotations

import click

from bench.alerts import alerts
from bench.dashboards import dashboards
from bench.freshness import freshness
from bench.landing import landing
from bench.predict import predict
from bench.publish import publish
from bench.sink import sink
from bench.soak.cli import soak
from bench.warehouse.cli import warehouse


@click.group()
def bench() -> None:
    """Measure on this machine, with services of its own in a temporary folder.

    `dashboards` and `predict` ask the warehouse and the MLflow of your settings.
    """


bench.add_command(sink)
bench.add_command(publish)
bench.add_command(predict)
bench.add_command(alerts)
bench.add_command(landing)
bench.add_command(freshness)
bench.add_command(soak)
bench.add_command(warehouse)
bench.add_command(dashboards)
