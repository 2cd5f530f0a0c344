"""The tables of schema `ml`: what models said, and which of their versions was promoted. They are only appended to;
of `ml.monitoring` a row is judged again until all that came of its window is known.
"""

from __future__ import annotations

# One row per model version, machine and data watermark. `event_time` is the machine's own newest reading.
_PREDICTIONS = """
create table if not exists ml.predictions (
    prediction_id bigint generated always as identity primary key,
    model_name text not null,
    model_version int not null,
    equipment_id text not null,
    data_watermark timestamptz not null,
    horizon_hours int not null,
    probability double precision not null check (probability between 0 and 1),
    threshold double precision not null,
    predicted boolean not null,
    factors jsonb not null default '[]',
    event_time timestamptz,
    predicted_at timestamptz not null default now(),
    unique (model_name, model_version, equipment_id, data_watermark)
)"""

# One row per model version, machine and data watermark: the life that is left, in the unit of the model's time.
_REMAINING_LIFE = """
create table if not exists ml.remaining_life (
    remaining_life_id bigint generated always as identity primary key,
    model_name text not null,
    model_version int not null,
    equipment_id text not null,
    data_watermark timestamptz not null,
    value double precision not null,
    lower double precision not null,
    upper double precision not null,
    unit text not null,
    factors jsonb not null default '[]',
    predicted_at timestamptz not null default now(),
    check (lower <= upper),
    unique (model_name, model_version, equipment_id, data_watermark)
)"""

# One row per decision whether a new version takes over.
_PROMOTIONS = """
create table if not exists ml.promotions (
    promotion_id bigint generated always as identity primary key,
    model_name text not null,
    from_version int,
    to_version int not null,
    decided_at timestamptz not null default now(),
    promoted boolean not null,
    reason text not null,
    metrics jsonb not null default '{}',
    run_id text
)"""

# One row per model version, machine, moment and channel that was judged; a null channel is the machine as a whole.
_ANOMALIES = """
create table if not exists ml.anomalies (
    anomaly_id bigint generated always as identity primary key,
    model_name text not null,
    model_version int not null,
    equipment_id text not null,
    event_time timestamptz not null,
    channel text,
    data_watermark timestamptz not null,
    value double precision,
    expected double precision,
    score double precision not null,
    threshold double precision not null,
    is_anomaly boolean not null,
    factors jsonb not null default '[]',
    detected_at timestamptz not null default now(),
    unique nulls not distinct (model_name, model_version, equipment_id, event_time, channel)
)"""

# One row per model version, machine, channel, data watermark and moment foretold; values in the channel's unit.
# `lower` and `upper` hold 80 %. `crossing_probability` is that `crossing_limit` has been crossed by that moment;
# `crossing_time` the moment by which that is as likely as not.
_FORECASTS = """
create table if not exists ml.forecasts (
    forecast_id bigint generated always as identity primary key,
    model_name text not null,
    model_version int not null,
    equipment_id text not null,
    channel text not null,
    data_watermark timestamptz not null,
    forecast_time timestamptz not null,
    value double precision not null,
    lower double precision not null,
    upper double precision not null,
    lower_95 double precision,
    upper_95 double precision,
    crossing_probability double precision,
    crossing_limit double precision,
    crossing_severity text,
    crossing_time timestamptz,
    made_at timestamptz not null default now(),
    check (lower <= upper),
    unique (model_name, model_version, equipment_id, channel, data_watermark, forecast_time)
)"""

# One row per model version and unit; without an inspection it is the unit made at that moment. `result` is the verdict
# that the model expects, `probabilities` hold one per verdict.
_QUALITY_PREDICTIONS = """
create table if not exists ml.quality_predictions (
    quality_prediction_id bigint generated always as identity primary key,
    model_name text not null,
    model_version int not null,
    equipment_id text not null,
    event_time timestamptz not null,
    inspection_id text,
    product_id text,
    data_watermark timestamptz not null,
    defect_probability double precision not null check (defect_probability between 0 and 1),
    threshold double precision not null,
    predicted boolean not null,
    defect_type text,
    result text,
    probabilities jsonb,
    factors jsonb not null default '[]',
    predicted_at timestamptz not null default now(),
    unique nulls not distinct (model_name, model_version, equipment_id, event_time, inspection_id)
)"""

# One row per model version and window of days: whether its data still look like those it learned from (drift: share of
# its features that differ), how right it was as far as that is known, and whether a limit was passed.
_MONITORING = """
create table if not exists ml.monitoring (
    monitoring_id bigint generated always as identity primary key,
    model_name text not null,
    model_version int not null,
    window_start date not null,
    window_end date not null,
    data_watermark timestamptz not null,
    current_rows int not null,
    drift_share double precision,
    drifted jsonb not null default '[]',
    judged bigint not null default 0,
    scores jsonb not null default '{}',
    breached boolean not null,
    retrain boolean not null,
    reasons jsonb not null default '[]',
    run_id text,
    monitored_at timestamptz not null default now(),
    check (window_start < window_end),
    unique (model_name, model_version, window_start)
)"""


def _widened(table: str, **columns: str) -> str:
    """Columns that came later. Where they are there it takes no lock, for which a reader would have to wait."""
    added = ", ".join(f"add column if not exists {name} {kind}" for name, kind in columns.items())
    return (
        f"do $$ begin if (select count(*) from information_schema.columns where table_schema = 'ml'"
        f" and table_name = '{table}' and column_name in ({', '.join(repr(name) for name in columns)}))"
        f" < {len(columns)} then alter table ml.{table} {added}; end if; end $$"
    )


STATEMENTS = (
    _PREDICTIONS,
    _widened("predictions", event_time="timestamptz"),
    # A machine's newest prediction, whatever the history: what the marts show.
    "create index if not exists predictions_newest on ml.predictions"
    " (equipment_id, horizon_hours, data_watermark desc, prediction_id desc)",
    # What was said about the last days, whatever the history.
    "create index if not exists predictions_recent on ml.predictions (data_watermark)",
    _REMAINING_LIFE,
    _PROMOTIONS,
    _MONITORING,
    _ANOMALIES,
    "create index if not exists anomalies_recent on ml.anomalies (event_time)",
    _FORECASTS,
    _widened(
        "forecasts",
        lower_95="double precision",
        upper_95="double precision",
        crossing_probability="double precision",
        crossing_limit="double precision",
        crossing_severity="text",
        crossing_time="timestamptz",
    ),
    "create index if not exists forecasts_newest on ml.forecasts"
    " (equipment_id, channel, data_watermark desc, forecast_id desc)",
    "create index if not exists forecasts_recent on ml.forecasts (data_watermark)",
    _QUALITY_PREDICTIONS,
    _widened("quality_predictions", result="text", probabilities="jsonb"),
    "create index if not exists quality_predictions_recent on ml.quality_predictions (event_time)",
)
