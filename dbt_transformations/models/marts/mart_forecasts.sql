{{ config(indexes=[{'columns': ['equipment_id', 'channel', 'forecast_time'], 'unique': True}]) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}
    where is_current

),

limits as (

    select * from {{ source('reference', 'alarm_limits') }}

),

channels as (

    {{ each_channel('sensor_readings', "select '{c}' as channel", '\n    union all\n    ') }}
    union all
    select 'units' as channel
    union all
    select 'good_units' as channel

),

-- The newest data first, and of what was said about it the newest version's word.
newest as (

    select
        equipment.equipment_id,
        equipment.equipment_name,
        equipment.equipment_type,
        equipment.plant_id,
        equipment.line_id,
        channels.channel,
        latest.model_name,
        latest.model_version,
        latest.data_watermark
    from equipment
    cross join channels
    inner join lateral (
        select forecasts.*
        from {{ ref('stg_ml_forecasts') }} as forecasts
        where forecasts.equipment_id = equipment.equipment_id and forecasts.channel = channels.channel
        order by forecasts.data_watermark desc, forecasts.forecast_id desc
        limit 1
    ) as latest on true

),

-- The limits of the machine's type and channel; "*" stands for the types, then for the channels, that are not named.
limited as (

    select
        newest.*,
        own.warning_low,
        own.warning_high,
        own.critical_low,
        own.critical_high
    from newest
    left join lateral (
        select limits.*
        from limits
        where
            limits.equipment_type in (coalesce(newest.equipment_type, '*'), '*')
            and limits.channel in (newest.channel, '*')
        order by limits.equipment_type = '*', limits.channel = '*'
        limit 1
    ) as own on true

),

foretold as (

    select
        limited.*,
        forecasts.forecast_time,
        forecasts.value,
        forecasts.lower_bound,
        forecasts.upper_bound,
        forecasts.lower_bound_95,
        forecasts.upper_bound_95,
        forecasts.crossing_probability,
        forecasts.crossing_limit,
        forecasts.crossing_severity,
        forecasts.crossing_time,
        forecasts.made_at,
        case
            when
                forecasts.value > limited.critical_high or forecasts.value < limited.critical_low
                then 'critical'
            when forecasts.value > limited.warning_high or forecasts.value < limited.warning_low then 'warning'
        end as crosses
    from limited
    inner join {{ ref('stg_ml_forecasts') }} as forecasts
        on
            limited.equipment_id = forecasts.equipment_id
            and limited.channel = forecasts.channel
            and limited.data_watermark = forecasts.data_watermark
            and limited.model_name = forecasts.model_name
            and limited.model_version = forecasts.model_version

),

final as (

    select
        equipment_id,
        equipment_name,
        plant_id,
        line_id,
        channel,
        forecast_time,
        value,
        lower_bound,
        upper_bound,
        lower_bound_95,
        upper_bound_95,
        crossing_probability,
        crossing_limit,
        crossing_severity,
        crossing_time,
        warning_low,
        warning_high,
        critical_low,
        critical_high,
        crosses,
        min(forecast_time) filter (where crosses is not null) over (
            partition by equipment_id, channel
        ) as first_crossing_time,
        extract(epoch from forecast_time - data_watermark)::double precision / 3600 as hours_ahead,
        model_name,
        model_version,
        data_watermark,
        made_at
    from foretold

)

select * from final
