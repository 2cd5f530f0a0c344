"""`millwright simulate`: a plant with physics, its history and its life, and on demand what goes wrong on the way."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

SHARE = click.FloatRange(0, 1)


class Duration(click.ParamType[timedelta]):
    """A length of time such as 30s, 10m or 1h."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d+)([smh])", str(value).strip())
        if not found or int(found[1]) == 0:
            self.fail(f"{value!r} is not a length of time such as 30s, 10m or 1h.", param, ctx)
        return timedelta(seconds=int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]])


class Moment(click.ParamType[datetime]):
    """A moment in ISO 8601; without an offset it is UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-03-01T00:00:00Z.", param, ctx)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@click.option("--machines", default=20, show_default=True, type=click.IntRange(1), help="How many machines.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1), help="Days of history.")
@click.option("--interval", default="10m", show_default=True, type=Duration(), help="Time between two readings.")
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0), help="Another seed is another plant.")
@click.option("--end", type=Moment(), help="End of the history, cut to the whole hour.  [default: now]")
@click.option("--no-history", is_flag=True, help="Send no history: go on with a plant whose history was sent before.")
@click.option("--live", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Then go on in real time.")
@click.option(
    "--rate",
    default=20.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="Readings a second of the live plant.",
)
@click.option("--duplicates", default=0.0, type=SHARE, help="Share of records sent twice.")
@click.option("--corrupt", default=0.0, type=SHARE, help="Broken messages, in addition, as a share of the records.")
@click.option("--late", default=0.0, type=SHARE, help="Share of records sent one to three days late.")
@click.option("--out-of-order", default=0.0, type=SHARE, help="Share of records sent after some that are newer.")
@click.option("--future", default=0.0, type=SHARE, help="Records from days ahead, in addition, as a share.")
@click.option("--nulls", default=0.0, type=SHARE, help="Share of channel values that are missing.")
@click.option("--clock-skew", default=0.0, type=SHARE, help="Share of records whose producer's clock is days off.")
@click.option(
    "--truth", "truth_file", type=click.Path(path_type=Path), help="Write failures to come, wear and OEE here, as JSON."
)
@click.option("--summary", "summary_file", type=click.Path(path_type=Path), help="Write what was sent here, as JSON.")
def simulate(
    machines: int,
    days: int,
    interval: timedelta,
    seed: int,
    end: datetime | None,
    no_history: bool,
    live: float | None,
    rate: float,
    truth_file: Path | None,
    summary_file: Path | None,
    **shares: float,
) -> None:
    """Send a plant's history, then its life: machines that wear, fail and are mended.

    The same seed and end give the same records. Shares are from 0 to 1.
    """
    from streaming.simulate.faults import Faults
    from streaming.simulate.run import Run, run

    end = (end or datetime.now(UTC)).replace(minute=0, second=0, microsecond=0)
    faults = Faults(**shares)
    run(
        Run(machines, days, interval, seed, end, not no_history, live or 0.0, rate, faults),
        truth_file,
        summary_file,
    )
