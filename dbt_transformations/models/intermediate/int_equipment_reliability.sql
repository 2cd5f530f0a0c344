{{ config(indexes=[{'columns': ['equipment_id'], 'unique': True}]) }}

with clock as (

    select max(last_reading_time) as now_time from {{ ref('int_latest_readings') }}

),

-- The part of the last 90 days in which the machine was watched.
observed as (

    select
        readings.equipment_id,
        clock.now_time as until,
        greatest(readings.first_reading_time, clock.now_time - interval '90 days') as since
    from {{ ref('int_latest_readings') }} as readings
    cross join clock

),

-- Components that fail together are one failure of the machine.
failures as (

    select
        observed.equipment_id,
        events.event_time as failed_at,
        lead(events.event_time) over (partition by observed.equipment_id order by events.event_time) as next_failed_at
    from observed
    inner join {{ ref('fact_equipment_events') }} as events
        on
            observed.equipment_id = events.equipment_id
            and observed.since < events.event_time
            and observed.until >= events.event_time
    where events.kind = 'failure'
    group by observed.equipment_id, events.event_time

),

-- The states of that time: the one that it began in, and every one entered since.
spans as (

    select
        observed.equipment_id,
        states.kind,
        greatest(states.entered_at, observed.since) as entered_at,
        states.left_at
    from observed
    inner join lateral (
        select own.*
        from {{ ref('int_equipment_states') }} as own
        where
            own.equipment_id = observed.equipment_id
            and own.entered_at <= observed.until
            and own.entered_at >= coalesce(
                (
                    select max(before.entered_at) from {{ ref('int_equipment_states') }} as before
                    where before.equipment_id = observed.equipment_id and before.entered_at <= observed.since
                ), '-infinity'
            )
        offset 0
    ) as states on true

),

downtime as (

    select
        spans.equipment_id,
        sum(extract(epoch from least(spans.left_at, observed.until) - spans.entered_at)) / 3600 as hours
    from spans
    inner join observed on spans.equipment_id = observed.equipment_id
    where spans.kind = 'down'
    group by spans.equipment_id

),

-- A repair ends when the machine leaves the stop in which it failed, or that the failure brought; one still under way
-- has no length yet.
repairs as (

    select
        failures.equipment_id,
        extract(epoch from repaired.entered_at - failures.failed_at) / 3600 as hours
    from failures
    inner join observed on failures.equipment_id = observed.equipment_id
    inner join lateral (
        select states.entered_at
        from {{ ref('int_equipment_states') }} as states
        where
            states.equipment_id = failures.equipment_id
            and states.kind = 'down'
            and (states.left_at is null or states.left_at > failures.failed_at)
            and states.entered_at >= coalesce(
                (
                    select max(before.entered_at) from {{ ref('int_equipment_states') }} as before
                    where before.equipment_id = failures.equipment_id and before.entered_at <= failures.failed_at
                ), '-infinity'
            )
            and states.entered_at < coalesce(failures.next_failed_at, 'infinity')
        order by states.entered_at
        limit 1
    ) as stopped on true
    inner join lateral (
        select states.entered_at
        from {{ ref('int_equipment_states') }} as states
        where
            states.equipment_id = failures.equipment_id
            and states.kind != 'down'
            and states.entered_at > stopped.entered_at
        order by states.entered_at
        limit 1
    ) as repaired on true
    where repaired.entered_at <= least(failures.next_failed_at, observed.until)

),

final as (

    select
        observed.equipment_id,
        extract(epoch from observed.until - observed.since)::double precision / 3600 as observed_hours,
        coalesce(downtime.hours, 0)::double precision as downtime_hours,
        coalesce(counted.failures, 0) as failures_90_days,
        (extract(epoch from observed.until - observed.since) / 3600 - coalesce(downtime.hours, 0))::double precision
        / counted.failures as mtbf_hours,
        mended.mttr_hours,
        maintained.last_maintenance_time,
        extract(epoch from observed.until - maintained.last_maintenance_time)::double precision
        / 86400 as days_since_maintenance
    from observed
    left join downtime on observed.equipment_id = downtime.equipment_id
    left join (
        select
            equipment_id,
            count(*) as failures
        from failures
        group by equipment_id
    ) as counted on observed.equipment_id = counted.equipment_id
    left join (
        select
            equipment_id,
            avg(hours)::double precision as mttr_hours
        from repairs
        group by equipment_id
    ) as mended on observed.equipment_id = mended.equipment_id
    left join lateral (
        select max(events.event_time) as last_maintenance_time
        from {{ ref('fact_equipment_events') }} as events
        where
            events.equipment_id = observed.equipment_id
            and events.kind = 'maintenance'
            and events.event_time <= observed.until
    ) as maintained on true

)

select * from final
