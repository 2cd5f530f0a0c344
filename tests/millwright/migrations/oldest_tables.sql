-- The tables of the first Millwright that had any, with a row in each.
create schema raw;
create schema ml;
create schema platform;
create table platform.loads (
    load_id bigint generated always as identity primary key,
    table_name text not null,
    silver_version bigint not null,
    silver_id text not null,
    columns text[] not null,
    rows_inserted bigint not null default 0,
    rows_updated bigint not null default 0,
    rows_deleted bigint not null default 0,
    loaded_at timestamptz not null default now()
);
create index loads_table_name on platform.loads (table_name, load_id desc);
create table ml.predictions (
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
);
create table ml.promotions (
    promotion_id bigint generated always as identity primary key,
    model_name text not null,
    from_version int,
    to_version int not null,
    decided_at timestamptz not null default now(),
    promoted boolean not null,
    reason text not null,
    metrics jsonb not null default '{}',
    run_id text
);
insert into platform.loads (table_name, silver_version, silver_id, columns) values ('sensor_readings', 3, 'a', '{}');
insert into ml.promotions (model_name, to_version, promoted, reason) values ('failure', 1, true, 'the first');
