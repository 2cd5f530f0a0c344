"""What the warehouse's own records say: of loads, cleansing, dbt, data quality, models and predictions."""

from __future__ import annotations

from collections.abc import Iterable

from infra.monitoring.exporter.loads import LOADS
from infra.monitoring.exporter.loads import MEASURES as OF_LOADS
from infra.monitoring.exporter.models import MODELS
from infra.monitoring.exporter.query import Query, ask, measure
from infra.monitoring.exporter.source import Sample, Source
from millwright.warehouse import session

_SIZE = Query(
    "platform.loads",
    (),
    (measure("warehouse_bytes", "Size of the warehouse's database."),),
    "select pg_database_size(current_database())",
)

# As the newest measurement of data quality saw it, which reads the commits of silver.
_CLEANSE = Query(
    "platform.silver_commits",
    ("stream",),
    (
        measure("cleanse_last_timestamp_seconds", "When silver was last committed, as last measured.", "stream"),
        measure("cleanse_records_24h", "Records cleansed in the last 24 hours, as last measured.", "stream"),
        measure("cleanse_duplicates_24h", "Of these, those that gave way to a later one.", "stream"),
        measure("cleanse_outliers_24h", "Rows marked as outliers in the last 24 hours.", "stream"),
    ),
    "select stream, extract(epoch from max(committed_at)), sum(records), sum(duplicates), sum(outliers)"
    " from platform.silver_commits where committed_at > now() - interval '24 hours' group by stream",
)

_DBT = Query(
    "platform.dbt_runs",
    (),
    (
        measure("dbt_last_timestamp_seconds", "When the newest run of dbt ended."),
        measure("dbt_last_seconds", "How long it took."),
        measure("dbt_last_failed", "Models and tests that failed in it."),
    ),
    "select extract(epoch from finished_at), extract(epoch from finished_at - started_at), failed"
    " from platform.dbt_runs order by finished_at desc limit 1",
)

# How long a stream may be silent follows from how long it usually is; streams of a replay are not judged.
_SILENCE = Query(
    "marts.mart_data_freshness",
    ("topic",),
    (measure("stream_allowed_silence_seconds", "How long nothing may come before it is worth a look.", "topic"),),
    "select stream, allowed_seconds from marts.mart_data_freshness where machine is null and is_judged",
)

_BREACHES = Query(
    "platform.quality_alerts",
    ("topic", "severity"),
    (measure("quality_breaches", "Breaches of data quality that stand.", "topic", "severity"),),
    "select raised.about[1], raised.alert ->> 'severity', count(*) from platform.quality_alerts as raised"
    " where raised.state = 'raised' and not exists (select from platform.quality_alerts as over"
    " where over.alert_id = raised.alert_id and over.state = 'cleared') group by 1, 2",
)

QUERIES = (_SIZE, _CLEANSE, _DBT, _SILENCE, _BREACHES, *MODELS)


def look() -> Iterable[Sample]:
    """All figures, as of one moment. Raises Unavailable when the warehouse does not answer."""
    with session() as connection, connection.cursor() as cursor:
        yield from ask(cursor, QUERIES)
        yield from LOADS.look(cursor)


WAREHOUSE = Source("warehouse", (*(each for query in QUERIES for each in query.measures), *OF_LOADS), look, "warehouse")
