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

    select
        readings.*,
        date_trunc('hour', readings.event_time, 'UTC') as hour
    from {{ ref('stg_sensor_readings') }} as readings
    {% if is_incremental() %}
        inner join affected
            on
                readings.equipment_id = affected.equipment_id
                and readings.event_time >= affected.hour
                and readings.event_time < affected.hour + interval '1 hour'
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
