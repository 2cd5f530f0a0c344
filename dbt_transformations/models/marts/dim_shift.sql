{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['plant_id'],
    on_schema_change='append_new_columns',
    pre_hook="{{ affected_calendars() }}",
    post_hook="{{ tell_calendar() }}",
    indexes=[{'columns': ['shift_key'], 'unique': True}, {'columns': ['plant_id', 'starts_at'], 'unique': True}]
) }}

-- depends_on: {{ ref('int_equipment_watch') }}
with kinds as (

    select
        shifts.plant_id,
        shifts.shift,
        shifts.start::time as starts_at_local,
        shifts.hours * interval '1 hour' as lasts,
        shifts.days,
        plants.timezone
    from {{ source('reference', 'shifts') }} as shifts
    inner join {{ source('reference', 'plants') }} as plants on shifts.plant_id = plants.plant_id
    union all
    -- Plants without a calendar, and machines that nobody has placed: the days of UTC.
    select
        '*' as plant_id,
        'day' as shift,
        time '00:00' as starts_at_local,
        interval '24 hours' as lasts,
        (select array_agg(weekday) from generate_series(1::bigint, 7) as weekday) as days,
        'UTC' as timezone

),

-- A week more than what is kept, at both ends, so that every shift kept knows its neighbours.
days as (

    select day::date as day
    from
        generate_series(
            {{ calendar_start() }} - interval '8 days',
            {{ calendar_end() }} + interval '8 days',
            interval '1 day'
        ) as day

),

-- A shift starts by the local clock and lasts its hours, also in a night in which the clock is turned. Of an hour that
-- comes twice the first is meant.
starts as (

    select
        kinds.plant_id,
        kinds.shift,
        kinds.lasts,
        kinds.timezone,
        days.day,
        least(
            (days.day + kinds.starts_at_local) at time zone kinds.timezone,
            (days.day + kinds.starts_at_local - interval '1 hour') at time zone kinds.timezone + interval '1 hour'
        ) as starts_at
    from kinds
    inner join days on extract(isodow from days.day) = any(kinds.days)
    {{ of_affected('kinds', ['plant_id']) }}

),

-- Where two overlap, the later one counts.
following as (

    select
        *,
        lead(starts_at) over (partition by plant_id order by starts_at, starts_at + lasts, shift) as next_starts_at
    from starts

),

working as (

    select
        plant_id,
        shift,
        day,
        timezone,
        starts_at,
        least(starts_at + lasts, next_starts_at) as ends_at,
        next_starts_at
    from following
    where starts_at < next_starts_at

),

-- What no shift covers is a row too, so that every moment has one.
whole as (

    select
        plant_id,
        shift,
        day as shift_date,
        starts_at,
        ends_at,
        true as is_working
    from working
    union all
    select
        plant_id,
        'off' as shift,
        (ends_at at time zone timezone)::date as shift_date,
        ends_at as starts_at,
        next_starts_at as ends_at,
        false as is_working
    from working
    where ends_at < next_starts_at

),

final as (

    select
        md5(plant_id || '|' || extract(epoch from starts_at)::text) as shift_key,
        plant_id,
        shift,
        shift_date,
        starts_at,
        ends_at,
        is_working,
        {{ seconds_between('starts_at', 'ends_at') }} as shift_seconds
    from whole
    where ends_at > {{ calendar_start() }} at time zone 'UTC' and starts_at < {{ calendar_end() }} at time zone 'UTC'

)

select * from final
