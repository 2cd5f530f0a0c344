{{ config(indexes=[{'columns': ['prediction_id'], 'unique': True}]) }}

with clock as (

    select max(last_reading_time) as now_time from {{ ref('int_latest_readings') }}

),

-- What happened is known up to here: the stream of events may lie behind that of readings.
known as (

    select max(event_time) as until_time from {{ ref('fact_equipment_events') }}

),

predictions as (

    select
        predictions.*,
        predictions.data_watermark + predictions.horizon_hours * interval '1 hour' as foretold_until
    from {{ ref('stg_ml_predictions') }} as predictions
    cross join clock
    where predictions.data_watermark > clock.now_time - interval '{{ var("shown_days") }} days'

),

final as (

    select
        predictions.prediction_id,
        predictions.model_name,
        predictions.model_version,
        predictions.equipment_id,
        predictions.data_watermark,
        predictions.foretold_until,
        predictions.probability,
        predictions.predicted,
        came.failure_time,
        case
            when came.failure_time is not null then true
            when predictions.foretold_until <= known.until_time then false
        end as actual
    from predictions
    cross join known
    left join lateral (
        -- A failure at the watermark itself was known already.
        select min(events.event_time) as failure_time
        from {{ ref('fact_equipment_events') }} as events
        where
            events.equipment_id = predictions.equipment_id
            and events.kind = 'failure'
            and events.event_time > predictions.data_watermark
            and events.event_time <= predictions.foretold_until
    ) as came on true

)

select * from final
