"""The tables of schema `ml`: what models said, and which of their versions was promoted. They are only appended to."""

from __future__ import annotations

# One row per model version, machine and data watermark.
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
    predicted_at timestamptz not null default now(),
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

# One row per model version, machine, channel, data watermark and hour foretold; values in the channel's unit.
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
    made_at timestamptz not null default now(),
    check (lower <= upper),
    unique (model_name, model_version, equipment_id, channel, data_watermark, forecast_time)
)"""

# One row per model version and unit; without an inspection it is the unit made at that moment.
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
    factors jsonb not null default '[]',
    predicted_at timestamptz not null default now(),
    unique nulls not distinct (model_name, model_version, equipment_id, event_time, inspection_id)
)"""

STATEMENTS = (
    _PREDICTIONS,
    # A machine's newest prediction, whatever the history: what the marts show.
    "create index if not exists predictions_newest on ml.predictions"
    " (equipment_id, horizon_hours, data_watermark desc, prediction_id desc)",
    # What was said about the last days, whatever the history.
    "create index if not exists predictions_recent on ml.predictions (data_watermark)",
    _PROMOTIONS,
    _ANOMALIES,
    "create index if not exists anomalies_recent on ml.anomalies (event_time)",
    _FORECASTS,
    "create index if not exists forecasts_newest on ml.forecasts"
    " (equipment_id, channel, data_watermark desc, forecast_id desc)",
    "create index if not exists forecasts_recent on ml.forecasts (data_watermark)",
    _QUALITY_PREDICTIONS,
    "create index if not exists quality_predictions_recent on ml.quality_predictions (event_time)",
)
