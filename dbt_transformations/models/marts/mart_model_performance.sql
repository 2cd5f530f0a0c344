{{ config(indexes=[{'columns': ['model_name', 'model_version', 'kind', 'day'], 'unique': True}]) }}

with clock as (

    select max(last_reading_time) as now_time from {{ ref('int_latest_readings') }}

),

champions as (

    select distinct on (model_name)
        model_name,
        to_version as model_version
    from {{ ref('stg_ml_promotions') }}
    where promoted
    order by model_name asc, decided_at desc, promotion_id desc

),

-- Whether the machine failed within the horizon after what the prediction knew; null while that is not known.
failures as (

    select
        predictions.model_name,
        predictions.model_version,
        'failure' as kind,
        predictions.data_watermark,
        predictions.probability,
        predictions.predicted,
        case
            when exists (
                select 1
                from {{ ref('fact_equipment_events') }} as events
                where
                    events.equipment_id = predictions.equipment_id
                    and events.kind = 'failure'
                    and events.event_time > predictions.data_watermark
                    and events.event_time
                    <= predictions.data_watermark + predictions.horizon_hours * interval '1 hour'
            ) then true
            when predictions.data_watermark + predictions.horizon_hours * interval '1 hour' <= clock.now_time then false
        end as actual
    from {{ ref('stg_ml_predictions') }} as predictions
    cross join clock
    where predictions.data_watermark > clock.now_time - interval '{{ var("shown_days") }} days'

),

qualities as (

    select
        predictions.model_name,
        predictions.model_version,
        'quality' as kind,
        predictions.event_time as data_watermark,
        predictions.defect_probability as probability,
        predictions.predicted,
        not inspections.is_good as actual
    from {{ ref('stg_ml_quality_predictions') }} as predictions
    cross join clock
    left join {{ ref('fact_quality_inspections') }} as inspections
        on
            predictions.equipment_id = inspections.equipment_id
            and predictions.event_time = inspections.event_time
            and predictions.inspection_id = inspections.inspection_id
    where predictions.event_time > clock.now_time - interval '{{ var("shown_days") }} days'

),

-- The mean of the hour that was foretold; null while it is not in.
forecasts as (

    select
        forecasts.model_name,
        forecasts.model_version,
        'forecast' as kind,
        forecasts.data_watermark,
        forecasts.value,
        forecasts.lower_bound,
        forecasts.upper_bound,
        case forecasts.channel
            {{ each_channel('sensor_readings', "when '{c}' then hours.{c}_mean", '\n            ') }}
        end as actual_value
    from {{ ref('stg_ml_forecasts') }} as forecasts
    cross join clock
    left join {{ ref('int_equipment_metrics_hourly') }} as hours
        on
            forecasts.equipment_id = hours.equipment_id
            and date_trunc('hour', forecasts.forecast_time, 'UTC') = hours.hour
    where forecasts.data_watermark > clock.now_time - interval '{{ var("forecast_judged_days") }} days'

),

classified as (

    select
        model_name,
        model_version,
        kind,
        (data_watermark at time zone 'UTC')::date as day,
        count(*) as predictions,
        count(actual) as judged,
        count(*) filter (where predicted and actual) as true_positives,
        count(*) filter (where predicted and not actual) as false_positives,
        count(*) filter (where not predicted and actual) as false_negatives,
        count(*) filter (where not predicted and not actual) as true_negatives,
        avg(power(probability - actual::integer, 2) order by probability) as brier_score
    from (
        select * from failures
        union all
        select * from qualities
    ) as said
    group by model_name, model_version, kind, day

),

measured as (

    select
        model_name,
        model_version,
        kind,
        (data_watermark at time zone 'UTC')::date as day,
        count(*) as predictions,
        count(actual_value) as judged,
        avg(abs(value - actual_value) order by abs(value - actual_value)) as mean_absolute_error,
        avg((actual_value between lower_bound and upper_bound)::integer)::double precision as interval_coverage
    from forecasts
    group by model_name, model_version, kind, day

),

both_kinds as (

    select
        model_name,
        model_version,
        kind,
        day,
        predictions,
        judged,
        true_positives,
        false_positives,
        false_negatives,
        true_negatives,
        true_positives::double precision / nullif(true_positives + false_positives, 0) as precision_rate,
        true_positives::double precision / nullif(true_positives + false_negatives, 0) as recall_rate,
        brier_score,
        null::double precision as mean_absolute_error,
        null::double precision as interval_coverage
    from classified
    union all
    select
        model_name,
        model_version,
        kind,
        day,
        predictions,
        judged,
        null as true_positives,
        null as false_positives,
        null as false_negatives,
        null as true_negatives,
        null as precision_rate,
        null as recall_rate,
        null as brier_score,
        mean_absolute_error,
        interval_coverage
    from measured

),

final as (

    select
        both_kinds.*,
        coalesce(both_kinds.model_version = champions.model_version, false) as is_champion
    from both_kinds
    left join champions on both_kinds.model_name = champions.model_name

)

select * from final
