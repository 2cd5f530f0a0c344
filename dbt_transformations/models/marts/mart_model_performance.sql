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

failures as (

    select
        model_name,
        model_version,
        'failure' as kind,
        data_watermark,
        probability,
        predicted,
        actual
    from {{ ref('int_prediction_outcomes') }}

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

-- Of machines as a whole. No inspection tells whether it was right.
anomalies as (

    select
        anomalies.model_name,
        anomalies.model_version,
        'anomaly' as kind,
        anomalies.event_time as data_watermark,
        null::double precision as probability,
        anomalies.is_anomaly as predicted,
        null::boolean as actual
    from {{ ref('stg_ml_anomalies') }} as anomalies
    cross join clock
    where anomalies.event_time > clock.now_time - interval '{{ var("shown_days") }} days' and anomalies.channel is null

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
        count(*) filter (where predicted) as flagged,
        count(*) filter (where predicted and actual) as true_positives,
        count(*) filter (where predicted and not actual) as false_positives,
        count(*) filter (where not predicted and actual) as false_negatives,
        count(*) filter (where not predicted and not actual) as true_negatives,
        avg(power(probability - actual::integer, 2) order by probability) as brier_score
    from (
        select * from failures
        union all
        select * from qualities
        union all
        select * from anomalies
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

every_kind as (

    select
        model_name,
        model_version,
        kind,
        day,
        predictions,
        judged,
        flagged,
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
        null as flagged,
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
        every_kind.*,
        coalesce(every_kind.model_version = champions.model_version, false) as is_champion
    from every_kind
    left join champions on every_kind.model_name = champions.model_name

)

select * from final
