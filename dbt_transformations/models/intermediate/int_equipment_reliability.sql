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
    inner join {{ ref('int_equipment_states') }} as states
        on
            observed.equipment_id = states.equipment_id
            and observed.until >= states.entered_at
            and states.entered_at >= coalesce(
                (
                    select max(before.entered_at) from {{ ref('int_equipment_states') }} as before
                    where before.equipment_id = observed.equipment_id and before.entered_at <= observed.since
                ), '-infinity'
            )

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
        extract(epoch from repaired.repaired_at - failures.failed_at) / 3600 as hours
    from failures
    inner join lateral (
        select min(running.entered_at) as repaired_at
        from spans as stopped
        inner join spans as running
            on
                stopped.equipment_id = running.equipment_id
                and stopped.entered_at < running.entered_at
                and running.kind != 'down'
        where
            stopped.equipment_id = failures.equipment_id
            and stopped.kind = 'down'
            and (stopped.left_at is null or stopped.left_at > failures.failed_at)
            and (failures.next_failed_at is null or stopped.entered_at < failures.next_failed_at)
    ) as repaired on true
    where
        repaired.repaired_at is not null
        and (failures.next_failed_at is null or repaired.repaired_at <= failures.next_failed_at)

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
