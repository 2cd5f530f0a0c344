-- A view: its table grows with every reading, and all that is added to it are the names and the limits, which change.
{{ config(materialized='view') }}

select
    hours.equipment_id,
    equipment.equipment_name,
    equipment.equipment_type,
    equipment.plant_id,
    equipment.line_id,
    hours.hour,
    channels.channel,
    channels.mean,
    channels.lowest,
    channels.highest,
    limits.warning_low,
    limits.warning_high,
    limits.critical_low,
    limits.critical_high
from {{ ref('int_equipment_metrics_hourly') }} as hours
inner join {{ ref('dim_equipment') }} as equipment
    on hours.equipment_id = equipment.equipment_id and equipment.is_current
cross join
    lateral (
        values
        {{ each_channel('sensor_readings', "('{c}', hours.{c}_mean, hours.{c}_min, hours.{c}_max)") }}
    ) as channels (channel, mean, lowest, highest)
-- The limits of the machine's type and channel; "*" stands for the types, then for the channels, that are not named.
left join lateral (
    select alarm_limits.*
    from {{ source('reference', 'alarm_limits') }} as alarm_limits
    where
        alarm_limits.equipment_type in (coalesce(equipment.equipment_type, '*'), '*')
        and alarm_limits.channel in (channels.channel, '*')
    order by alarm_limits.equipment_type = '*', alarm_limits.channel = '*'
    limit 1
) as limits on true
where channels.mean is not null
