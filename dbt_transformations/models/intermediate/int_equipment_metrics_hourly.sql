{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'hour'],
    on_schema_change='append_new_columns',
    pre_hook=["{{ take_up_loads({'sensor_readings': none}) }}", "{{ affected_hours() }}"],
    indexes=[
        {'columns': ['equipment_id', 'hour'], 'unique': True},
        {'columns': ['hour']},
        {'columns': ['last_reading_time']},
    ]
) }}

with readings as (

    {% if is_incremental() %}
    -- `offset 0` keeps the planner to one look-up by index for each hour, however old and however many.
        select
            readings.*,
            affected.hour
        from affected
        inner join lateral (
            select within.*
            from {{ ref('stg_sensor_readings') }} as within
            where
                affected.equipment_id = within.equipment_id
                and affected.hour <= within.event_time
                and affected.hour + interval '1 hour' > within.event_time
            offset 0
        ) as readings on true
    {% else %}
        select
            readings.*,
            date_trunc('hour', readings.event_time, 'UTC') as hour
        from {{ ref('stg_sensor_readings') }} as readings
    {% endif %}

),

final as (

    -- Summed in the order of the readings, so that the same rows give the same bits whatever order they came in.
    select
        equipment_id,
        hour,
        max(event_time) as last_reading_time,
        count(*) as reading_count,
        count(outlier_channels) as outlier_count,
        {{ each_channel('sensor_readings', 'avg({c} order by event_time) as {c}_mean') }},
        {{ each_channel('sensor_readings', 'stddev_samp({c} order by event_time) as {c}_std') }},
        {{ each_channel('sensor_readings', 'min({c}) as {c}_min') }},
        {{ each_channel('sensor_readings', 'max({c}) as {c}_max') }}
    from readings
    group by equipment_id, hour

)

select * from final
