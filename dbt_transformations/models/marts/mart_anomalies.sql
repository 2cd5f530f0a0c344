{{ config(indexes=[{'columns': ['equipment_id', 'event_time']}, {'columns': ['event_time']}]) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}
    where is_current

),

-- Now is the newest reading of the plant.
clock as (

    select max(last_reading_time) as now_time from {{ ref('int_latest_readings') }}

),

-- Of what several versions of a model say about one moment, the newest version's word holds, also when it is no.
judged as (

    select distinct on (
        anomalies.model_name,
        anomalies.equipment_id,
        anomalies.event_time,
        anomalies.channel
    ) anomalies.*
    from {{ ref('stg_ml_anomalies') }} as anomalies
    cross join clock
    where anomalies.event_time > clock.now_time - interval '{{ var("shown_days") }} days'
    order by
        anomalies.model_name asc,
        anomalies.equipment_id asc,
        anomalies.event_time asc,
        anomalies.channel asc,
        anomalies.model_version desc,
        anomalies.anomaly_id desc

),

final as (

    select
        judged.anomaly_id,
        judged.equipment_id,
        equipment.equipment_name,
        equipment.plant_id,
        equipment.line_id,
        judged.event_time,
        judged.channel,
        judged.value,
        judged.expected,
        judged.score,
        judged.threshold,
        judged.factors,
        judged.model_name,
        judged.model_version,
        judged.data_watermark,
        judged.detected_at,
        labels.failure_within_7_days,
        labels.next_failure_time
    from judged
    inner join equipment on judged.equipment_id = equipment.equipment_id
    left join {{ ref('int_failure_labels') }} as labels
        on
            judged.equipment_id = labels.equipment_id
            and date_trunc('hour', judged.event_time, 'UTC') = labels.hour
    where judged.is_anomaly

)

select * from final
