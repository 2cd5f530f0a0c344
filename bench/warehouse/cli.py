"""`millwright bench warehouse`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bench.warehouse.engines import Engines
    from bench.warehouse.history import Cost
    from bench.warehouse.loading import Loading

_PARTS = ("loading", "engines", "history")
_SIZES = (1_000_000, 10_000_000, 50_000_000)


@click.command()
@click.option("--quick", is_flag=True, help="Without 50 million readings of history.")
@click.option("--only", multiple=True, type=click.Choice(_PARTS), help="Only this part; may be given more than once.")
@click.option("--minutes", default=1_440, show_default=True, type=click.IntRange(1), help="Of 1,000 machines, to load.")
@click.option("--sizes", help="Readings of history, parted by commas; left out: 1, 10 and 50 million.")
@click.option("--hours", default=4, show_default=True, type=click.IntRange(1), help="Of new data on each history.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def warehouse(quick: bool, only: tuple[str, ...], minutes: int, sizes: str | None, hours: int, as_json: bool) -> None:
    """Loading beside Spark's JDBC, pandas and psycopg2; Sail beside Spark; and what an hour costs as history grows.

    All in a Postgres and a lake of its own. docs/bench.md tells what is measured and what cannot be compared.
    """
    import json

    from bench.own_stack import own_stack
    from bench.warehouse import engines, history, loading
    from millwright.settings import settings, settings_with

    chosen = [int(size) for size in sizes.split(",")] if sizes else list(_SIZES[:2] if quick else _SIZES)
    wanted = only or _PARTS
    found: dict[str, Any] = {}
    disk_bytes = 500 * max(chosen) * ("history" in wanted) + 10**9
    with own_stack("tables", disk_bytes=disk_bytes) as stack:
        root = settings().lake
        if "loading" in wanted:
            with settings_with(lake_url=f"{root}-loading"):
                found["loading"] = loading.measure(minutes)
            _again("truncate raw.sensor_readings, platform.loads")
        if "engines" in wanted:
            with settings_with(lake_url=f"{root}-engines"):
                found["engines"] = engines.measure(minutes * 7 // 5)
        if "history" in wanted:
            found["history"] = history.measure(chosen, stack.state_dir, hours)
    _show(found, as_json)
    if as_json:
        click.echo(json.dumps(summary(**found)))


def summary(
    loading: Loading | None = None, engines: Engines | None = None, history: list[Cost] | None = None
) -> dict[str, Any]:
    """The figures by name; None what was not measured. Ratios are above 1 where ours is faster, or where cost grows."""
    first, tenth = (history[0], history[1]) if history and len(history) > 1 else (None, None)
    return {
        "copy_rows_per_second": loading and round(loading.copy),
        "copy_ratio_to_spark_jdbc": loading and _ratio(loading.copy, loading.spark_append),
        "load_rows_per_second": loading and round(loading.load),
        "load_ratio_to_spark_jdbc": loading and _ratio(loading.load, loading.spark_load),
        "sail_ratio_to_spark": engines and engines.spark and _ratio(engines.spark.both, engines.sail.both),
        "dbt_cost_ratio_10x": first and tenth and _ratio(tenth.dbt, first.dbt),
        "spark_job_cost_ratio_10x": first and tenth and _ratio(tenth.spark_job, first.spark_job),
    }


def _ratio(ours: float | None, theirs: float | None) -> float | None:
    return round(ours / theirs, 3) if ours and theirs else None


def _again(*statements: str) -> None:
    from millwright.warehouse import session

    with session() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _show(found: dict[str, Any], as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=as_json, highlight=False)

    def table(title: str, *columns: str) -> Table:
        made = Table(title=f"\n{title}", title_justify="left", box=None, header_style="bold", pad_edge=False)
        for number, name in enumerate(columns):
            made.add_column(name, justify="right" if number else "left")
        return made

    if loading := found.get("loading"):
        shown = table(f"{loading.rows:,} rows", "append to one staging table", "rows/s", "of Spark's JDBC")
        ways = (
            ("COPY of Arrow (ADBC)", loading.copy),
            ("psycopg2, COPY of CSV made by Arrow", loading.psycopg2_copy),
            ("Spark's JDBC", loading.spark_append),
            ("pandas.to_sql", loading.pandas),
        )
        for name, rate in ways:
            shown.add_row(name, _told(rate, ",.0f"), _told(_ratio(rate, loading.spark_append)))
        console.print(shown)
        shown = table(f"two lots of {loading.rows:,} new rows", "whole load, upsert and all", "rows/s", "of Spark's")
        shown.add_row("millwright load", _told(loading.load, ",.0f"), _told(_ratio(loading.load, loading.spark_load)))
        shown.add_row("Spark's JDBC and the same upsert", _told(loading.spark_load, ",.0f"), "")
        console.print(shown)
        console.print(f"A second load of {loading.rows:,} rows took {loading.reload_seconds:.1f} s and changed none.")
        _say_left_out(console, loading.left_out)
    if engines := found.get("engines"):
        shown = table(f"seconds for {engines.records:,} readings", "job", "Sail", "Spark in one process", "of Sail")
        for job in ("cleanse", "features", "both"):
            sail, spark = getattr(engines.sail, job), engines.spark and getattr(engines.spark, job)
            shown.add_row(job, f"{sail:.1f}", _told(spark, ".1f"), _told(_ratio(spark, sail)))
        console.print(shown)
        console.print("Every value is the same." if engines.spark else "")
        _say_left_out(console, engines.left_out)
    if history := found.get("history"):
        shown = table(
            "an hour of new data",
            "readings of history",
            "dbt run s",
            "Spark job s",
            "slowest query ms",
            "",
            "slowest dashboard ms",
        )
        for cost in history:
            row = (f"{cost.dbt:.2f}", f"{cost.spark_job:.2f}", f"{cost.query_ms:.0f}", cost.query)
            shown.add_row(f"{cost.readings:,}", *row, f"{max(cost.dashboards_ms.values()):.0f}")
        console.print(shown)


def _told(figure: float | None, form: str = ".2f") -> str:
    return "-" if figure is None else format(figure, form)


def _say_left_out(console: Any, reason: str) -> None:
    if reason:
        console.print(f"Spark was left out: {reason}", soft_wrap=True, markup=False)
