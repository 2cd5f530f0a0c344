{{ config(indexes=[{'columns': ['equipment_id'], 'unique': True}]) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}
    where is_current

),

latest as (

    select * from {{ ref('int_latest_readings') }}

),

predictions as (

    select * from {{ ref('int_latest_predictions') }}

),

-- Now is the newest reading of the plant, so that replayed history shows its own last day.
clock as (

    select max(last_reading_time) as now_time from latest

),

last_day as (

    select
        latest.equipment_id,
        count(*) as reading_count_24h,
        count(readings.outlier_channels) as outlier_count_24h,
        {{ channels_24h('avg(readings.{c} order by readings.event_time)', 'avg') }},
        {{ channels_24h('min(readings.{c})', 'min') }},
        {{ channels_24h('max(readings.{c})', 'max') }}
    from latest
    cross join clock
    inner join {{ ref('fact_sensor_readings') }} as readings
        on
            latest.equipment_id = readings.equipment_id
            and clock.now_time - interval '24 hours' < readings.event_time
            and clock.now_time >= readings.event_time
    group by latest.equipment_id

),

-- An alarm is open while the last that was heard of it is that it was raised.
alerts as (

    select
        equipment_id,
        count(*) as open_alerts
    from {{ ref('int_alert_states') }}
    where state = 'raised'
    group by equipment_id

),

final as (

    select
        equipment.equipment_id,
        equipment.equipment_name,
        equipment.equipment_type,
        equipment.plant_id,
        equipment.line_id,
        latest.last_reading_time,
        clock.now_time as as_of,
        coalesce(last_day.reading_count_24h, 0) as reading_count_24h,
        coalesce(last_day.outlier_count_24h, 0) as outlier_count_24h,
        {{ channels_24h('last_day.avg_{c}_24h', 'avg') }},
        {{ channels_24h('last_day.min_{c}_24h', 'min') }},
        {{ channels_24h('last_day.max_{c}_24h', 'max') }},
        current_state.kind as state,
        current_state.entered_at as state_since,
        coalesce(alerts.open_alerts, 0) as open_alerts,
        predictions.probability as predicted_failure_prob,
        predictions.health_status
    from equipment
    cross join clock
    left join latest on equipment.equipment_id = latest.equipment_id
    left join last_day on equipment.equipment_id = last_day.equipment_id
    left join alerts on equipment.equipment_id = alerts.equipment_id
    left join predictions on equipment.equipment_id = predictions.equipment_id
    left join lateral (
        select
            states.kind,
            states.entered_at
        from {{ ref('int_equipment_states') }} as states
        where states.equipment_id = equipment.equipment_id
        order by states.entered_at desc
        limit 1
    ) as current_state on true

)

select * from final
