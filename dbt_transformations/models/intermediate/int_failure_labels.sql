{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'hour'],
    pre_hook=[
        "{{ take_up_loads({'sensor_readings': 'int_equipment_metrics_hourly', 'equipment_events': none}) }}",
        "{{ affected_labels() }}"
    ],
    indexes=[{'columns': ['equipment_id', 'hour'], 'unique': True}, {'columns': ['hour']}]
) }}

-- depends_on: {{ ref('stg_sensor_readings') }}
with hours as (

    select
        hours.equipment_id,
        hours.hour,
        hours.last_reading_time
    from {{ ref('int_equipment_metrics_hourly') }} as hours
    {{ of_affected('hours', ['equipment_id', 'hour']) }}

),

failures as (

    {% if is_incremental() %}
    -- Only what comes after the hours in question, by index.
        select distinct
            later.equipment_id,
            later.event_time
        from (
            select
                equipment_id,
                min(hour) as since
            from affected
            group by equipment_id
        ) as machines
        inner join lateral (
            select
                events.equipment_id,
                events.event_time
            from {{ ref('stg_equipment_events') }} as events
            where
                events.equipment_id = machines.equipment_id
                and events.event_time >= machines.since
                and events.kind = 'failure'
            offset 0
        ) as later on true
    {% else %}
        select distinct
            equipment_id,
            event_time
        from {{ ref('stg_equipment_events') }}
        where kind = 'failure'
    {% endif %}

),

clock as (

    select max(last_reading_time) as now_time from {{ ref('int_equipment_metrics_hourly') }}

),

moments as (

    select
        equipment_id,
        hour,
        last_reading_time as moment,
        null::timestamptz as failure_time
    from hours
    union all
    select
        equipment_id,
        null::timestamptz as hour,
        event_time as moment,
        event_time as failure_time
    from failures

),

-- A failure at the very moment of the reading is over, and is not what comes: only later moments count.
next_failures as (

    select
        equipment_id,
        hour,
        moment as last_reading_time,
        min(failure_time) over (
            partition by equipment_id
            order by moment desc
            groups between unbounded preceding and 1 preceding
        ) as next_failure_time
    from moments

),

final as (

    select
        next_failures.equipment_id,
        next_failures.hour,
        next_failures.last_reading_time,
        next_failures.next_failure_time,
        {{ is_within('interval \'24 hours\'') }} as failure_within_24_hours,
        {{ is_within('interval \'7 days\'') }} as failure_within_7_days,
        extract(epoch from next_failures.next_failure_time - next_failures.last_reading_time)::double precision
        / 3600 as hours_to_failure
    from next_failures
    cross join clock
    where next_failures.hour is not null

)

select * from final
