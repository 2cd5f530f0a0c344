"""The tables of schema `platform` that loads, rebuilds and retention write, as revision 0001 makes them.

These statements, and those of `ml_tables` and `quality_tables`, are never changed: a change is a new revision in
`millwright/migrations/versions`.
"""

from __future__ import annotations

# One row per load of a raw table that had anything to look at. The newest row of a table is its watermark: the
# silver version, of which table, read with which columns.
_LOADS = """
create table if not exists platform.loads (
    load_id bigint generated always as identity primary key,
    table_name text not null,
    silver_version bigint not null,
    silver_id text not null,
    columns text[] not null,
    rows_inserted bigint not null default 0,
    rows_updated bigint not null default 0,
    rows_deleted bigint not null default 0,
    loaded_at timestamptz not null default now(),
    unique (table_name, load_id)
)"""

# One row per `millwright rebuild`: checksums of what stood before it and after it. Unfinished: it was cut short.
_REBUILDS = """
create table if not exists platform.rebuilds (
    rebuild_id bigint generated always as identity primary key,
    before jsonb not null,
    after jsonb,
    started_at timestamptz not null default now(),
    finished_at timestamptz
)"""

# One row per raw table of which months were dropped: it keeps nothing before `floor`.
_RETENTION = """
create table if not exists platform.retention (
    table_name text primary key,
    floor timestamptz not null,
    set_at timestamptz not null default now()
)"""

STATEMENTS = (_LOADS, _REBUILDS, _RETENTION)
