{{ config(indexes=[{'columns': ['model_name', 'model_version', 'window_start'], 'unique': True}]) }}

with champions as (

    select distinct on (model_name)
        model_name,
        to_version as model_version
    from {{ ref('stg_ml_promotions') }}
    where promoted
    order by model_name asc, decided_at desc, promotion_id desc

),

final as (

    select
        monitoring.model_name,
        monitoring.model_version,
        monitoring.window_start,
        monitoring.window_end,
        monitoring.drift_share,
        monitoring.drifted -> 0 ->> 'feature' as most_drifted,
        monitoring.judged,
        (monitoring.scores ->> 'precision')::double precision as live_precision,
        (monitoring.scores ->> 'recall')::double precision as live_recall,
        monitoring.breached,
        monitoring.retrain,
        array_to_string(array(select jsonb_array_elements_text(monitoring.reasons)), ' ') as reason,
        monitoring.data_watermark,
        monitoring.monitored_at,
        coalesce(monitoring.model_version = champions.model_version, false) as is_champion
    from {{ ref('stg_ml_monitoring') }} as monitoring
    left join champions on monitoring.model_name = champions.model_name

)

select * from final
