"""The tables of schema `platform` that data quality is counted into; `millwright quality` and dbt read them.

An hour is that of the append time, the broker's clock: a rejected record has no event time to trust, a wrong clock of
a producer moves nothing, and an hour is as good as final once it is over. What came late is told by event hour too.
"""

from __future__ import annotations

# Marts that tell of runs: a run that brings nothing new changes them all the same.
OF_RUNS = ("marts.mart_pipeline_runs", "marts.mart_platform_health")

# Records by how long after their event time they were taken: up to these seconds, each beyond the one before; the last
# are history, sent by a replay.
DELAYS = {"delay_1m": 60, "delay_10m": 600, "delay_1h": 3_600, "delay_6h": 21_600, "delay_24h": 86_400}
DELAY_COLUMNS = (*DELAYS, "delay_more")
_DELAYS = ", ".join(f"{name} bigint not null default 0" for name in DELAY_COLUMNS)

# One row per commit of a stream's counts: what is new to a reader has a higher run_id than all it has seen.
_RUNS = """
create table if not exists platform.quality_runs (
    run_id bigint generated always as identity primary key,
    stream text not null,
    files bigint not null default 0,
    accepted bigint not null default 0,
    rejected bigint not null default 0,
    unmeasured bigint not null default 0,
    measured_at timestamptz not null default now()
)"""

# How far bronze has been counted: the next offset of a partition; of ~partition the next number of mended records.
_POSITIONS = """
create table if not exists platform.quality_positions (
    stream text not null,
    partition int not null,
    next_offset bigint not null,
    primary key (stream, partition)
)"""

# One row per stream and append hour, from the stream's first hour on without a gap.
_HOURS = f"""
create table if not exists platform.quality_hours (
    stream text not null,
    hour timestamptz not null,
    accepted bigint not null default 0,
    rejected bigint not null default 0,
    mended bigint not null default 0,
    lost bigint not null default 0,
    out_of_order bigint not null default 0,
    {_DELAYS},
    run_id bigint not null,
    primary key (stream, hour)
)"""

# One row per stream, append hour and reason.
_REJECTED = """
create table if not exists platform.quality_rejected (
    stream text not null,
    hour timestamptz not null,
    reason text not null,
    records bigint not null,
    primary key (stream, hour, reason)
)"""

# One row per stream, append hour with an accepted record, and optional field.
_FIELDS = """
create table if not exists platform.quality_fields (
    stream text not null,
    hour timestamptz not null,
    field text not null,
    is_channel boolean not null,
    records bigint not null,
    nulls bigint not null,
    primary key (stream, field, hour)
)"""

# One row per stream and event hour.
_EVENT_HOURS = f"""
create table if not exists platform.quality_event_hours (
    stream text not null,
    event_hour timestamptz not null,
    {_DELAYS},
    primary key (stream, event_hour)
)"""

# One row per stream and machine. `gaps`: seconds between the last minutes in which something came from it.
_MACHINES = """
create table if not exists platform.quality_machines (
    stream text not null,
    machine text not null,
    records bigint not null,
    newest_event_time timestamptz not null,
    newest_append_time timestamptz not null,
    last_delay_seconds double precision not null,
    gaps integer[] not null,
    primary key (stream, machine)
)"""

# One row per stream: records that Kafka had and the lake had not, when that was asked last.
_LAG = """
create table if not exists platform.quality_lag (
    stream text primary key,
    lag_records bigint not null,
    asked_at timestamptz not null
)"""

# One row per commit of the stream's silver table, as the table's own log tells.
_SILVER_COMMITS = """
create table if not exists platform.silver_commits (
    stream text not null,
    silver_id text not null,
    version bigint not null,
    committed_at timestamptz not null,
    records bigint not null,
    rows_written bigint not null,
    duplicates bigint not null,
    outliers bigint not null,
    newest_append_time timestamptz,
    run_id bigint not null,
    primary key (stream, version)
)"""

# One row per alert and state: written before it is sent, so that whoever is killed between sends the same one again.
_ALERTS = """
create table if not exists platform.quality_alerts (
    number bigint generated always as identity,
    alert_id text not null,
    state text not null,
    about text[] not null,
    "window" timestamptz not null,
    alert jsonb not null,
    decided_at timestamptz not null default now(),
    sent_at timestamptz,
    primary key (alert_id, state)
)"""

STATEMENTS = (
    *(_RUNS, _POSITIONS, _HOURS, _REJECTED, _FIELDS, _EVENT_HOURS, _MACHINES, _LAG, _SILVER_COMMITS, _ALERTS),
    # What is new, and what is of some hours, without reading the rest.
    "create index if not exists silver_commits_new on platform.silver_commits (run_id)",
    "create index if not exists silver_commits_append on platform.silver_commits (newest_append_time)",
    "create index if not exists silver_commits_time on platform.silver_commits (committed_at)",
    "create index if not exists quality_runs_time on platform.quality_runs (measured_at)",
    "create index if not exists quality_hours_new on platform.quality_hours (run_id)",
    "create index if not exists quality_alerts_about on platform.quality_alerts (about, number)",
)
